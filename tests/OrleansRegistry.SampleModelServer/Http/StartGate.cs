using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>Answers 503 for what needs the model, until it has started.</summary>
internal sealed class StartGate(SlowStart start) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        start.IsOver
            ? next(context)
            : ValueTask.FromResult<object?>(TypedResults.Json(
                new ErrorAnswer("The model is still starting."), statusCode: StatusCodes.Status503ServiceUnavailable));
}
