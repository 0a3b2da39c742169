using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Models;

/// <inheritdoc cref="IModelNameGrain"/>
internal sealed class ModelNameGrain([FromKeyedServices(StorageNames.Registry)] IGrainStorage storage, IGrainContext context)
    : IGrainBase, IModelNameGrain, IPerhapsUnknown
{
    private readonly StateRow<ModelNameState> _row = new(storage, StorageNames.Name, context.GrainId);
    private bool _isConfirmed;

    public IGrainContext GrainContext => context;

    public bool IsUnknown => _isConfirmed && _row.Value is null;

    public async Task<string?> Get()
    {
        await Confirm();
        return _row.Value?.ModelId;
    }

    public async Task<string> Claim(string? not)
    {
        await Confirm();
        if (_row.Value is { } claimed && claimed.ModelId != not)
        {
            return claimed.ModelId;
        }

        var id = ModelId.New();
        var claim = _row.Value is { } before ? before with { ModelId = id } : new ModelNameState { ModelId = id };
        _isConfirmed = false;
        await _row.Write(claim, claim);
        _isConfirmed = true;
        return claim.ModelId;
    }

    /// <summary>Reads the row on first use, and again after a write whose outcome is unknown.</summary>
    private async Task Confirm()
    {
        if (!_isConfirmed)
        {
            await _row.Read();
            _isConfirmed = true;
        }
    }
}
