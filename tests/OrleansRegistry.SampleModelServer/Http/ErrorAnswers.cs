using Microsoft.AspNetCore.WebUtilities;

namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>What a caller gets instead of an answer, in the form of the Open Inference Protocol.</summary>
/// <param name="Error">What is wrong.</param>
internal sealed record ErrorAnswer(string Error);

/// <summary>Gives every refusal a body.</summary>
internal static class ErrorAnswers
{
    /// <summary>Answers bad requests with what is wrong with them, and what has no route or method with its status in words.</summary>
    public static void UseErrorAnswers(this WebApplication app)
    {
        app.UseStatusCodePages(context => Write(context.HttpContext, ReasonPhrases.GetReasonPhrase(context.HttpContext.Response.StatusCode)));
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (BadHttpRequestException e)
            {
                context.Response.StatusCode = e.StatusCode;
                await Write(context, e.Message);
            }
        });
    }

    private static Task Write(HttpContext context, string error) => context.Response.WriteAsJsonAsync(new ErrorAnswer(error));
}
