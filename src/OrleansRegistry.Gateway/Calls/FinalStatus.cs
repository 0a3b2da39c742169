using System.Globalization;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Finds the status of the final answer in the bytes that a server sends over HTTP/1.1: behind those that only say that
/// it is there (1xx).
/// </summary>
internal sealed class FinalStatus
{
    // HTTP/1.1 200
    private readonly byte[] _line = new byte[12];
    private int _length;
    private bool _isInterim;
    private bool _isLineEmpty;

    /// <summary>The status, once it was seen; 0 when the server doesn't speak HTTP/1.1.</summary>
    public int? Status { get; private set; }

    /// <summary>Looks at the next bytes.</summary>
    public void Scan(ReadOnlySpan<byte> bytes)
    {
        foreach (var next in bytes)
        {
            if (Status is not null)
            {
                return;
            }

            if (_isInterim)
            {
                SkipHead(next);
            }
            else
            {
                _line[_length++] = next;
                if (_length == _line.Length)
                {
                    Parse();
                }
            }
        }
    }

    private void Parse()
    {
        if (!_line.AsSpan().StartsWith("HTTP/1."u8) || !int.TryParse(_line.AsSpan(9), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            Status = 0;
        }
        else if (status is >= 100 and < 200 and not 101)
        {
            (_isInterim, _isLineEmpty, _length) = (true, false, 0);
        }
        else
        {
            Status = status;
        }
    }

    private void SkipHead(byte next)
    {
        if (next == '\n')
        {
            _isInterim = !_isLineEmpty;
            _isLineEmpty = true;
        }
        else if (next != '\r')
        {
            _isLineEmpty = false;
        }
    }
}
