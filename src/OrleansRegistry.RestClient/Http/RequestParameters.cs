namespace OrleansRegistry.RestClient;

/// <summary>The query parameters and headers of an operation. One that is null is left out.</summary>
public abstract class RequestParameters
{
    private protected RequestParameters()
    {
    }

    internal abstract void AddTo(RegistryRequest request);
}
