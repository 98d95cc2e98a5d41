namespace Mmm.Monitor.Endpoints;

/// <summary>Every answer that would have no body, or a stack trace, becomes problem details.</summary>
internal static partial class FailureAnswers
{
    public static void UseFailureAnswers(this WebApplication app)
    {
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Mmm.Monitor.Endpoints");
        app.UseStatusCodePages(context => Problems.ForStatus(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        app.Use(async (http, next) =>
        {
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers.CacheControl = "no-store";
            try
            {
                await next(http);
            }
            catch (BadHttpRequestException e) when (!http.Response.HasStarted)
            {
                await (e.StatusCode == 400 ? Problems.BadRequest(e.Message) : Problems.ForStatus(e.StatusCode)).ExecuteAsync(http);
            }
            catch (InvalidDataException e) when (!http.Response.HasStarted)
            {
                await Problems.BadRequest($"The form cannot be read: {e.Message}").ExecuteAsync(http);
            }
            catch (TimeoutException e) when (!http.Response.HasStarted)
            {
                LogTimeout(log, http.Request.Method, http.Request.Path, e);
                await Problems.NotAnswering(app.Services.GetRequiredService<Shared.Settings.MmmSettings>().This).ExecuteAsync(http);
            }
            catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
            {
                // The caller hung up: nobody is left to answer.
            }
            catch (Exception e) when (!http.Response.HasStarted)
            {
                LogFailure(log, http.Request.Method, http.Request.Path, e);
                await Problems.ForStatus(500).ExecuteAsync(http);
            }
        });
    }

    [LoggerMessage(1, LogLevel.Warning, "{Method} {Path}: this node's actors did not answer in time")]
    private static partial void LogTimeout(ILogger log, string method, PathString path, Exception cause);

    [LoggerMessage(2, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void LogFailure(ILogger log, string method, PathString path, Exception cause);
}
