using System.Net;

namespace OrleansRegistry.Gateway;

/// <summary>A body that its upload is told of.</summary>
internal sealed class UploadContent : HttpContent
{
    private readonly HttpContent _body;
    private readonly Upload _upload;

    /// <summary>Wraps a body, with its headers.</summary>
    public UploadContent(HttpContent body, Upload upload)
    {
        (_body, _upload) = (body, upload);
        foreach (var header in body.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _upload.Begin();
        await _body.CopyToAsync(stream, context, cancellationToken);
        if (!_upload.TryFinish())
        {
            throw new BodyGivenUpException();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
        }

        base.Dispose(disposing);
    }
}
