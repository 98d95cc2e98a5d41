using System.Text.Json;
using Mmm.Control.Screens;
using Mmm.Shared.Api;

namespace Mmm.Control.Verbs;

/// <summary><c>mmm watch</c>: <c>mmm status</c> again and again until Ctrl-C. Monitors that do not answer are a picture, too.</summary>
internal static class WatchVerb
{
    /// <param name="interval">From one picture to the next.</param>
    /// <param name="json">Every picture as a JSON object in one line.</param>
    /// <param name="session">The monitors.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public static async Task<VerbResult> Run(TimeSpan interval, bool json, Session session, CancellationToken cancel)
    {
        CliContext context = session.Context;
        (string Text, DateTimeOffset At)? last = null;
        while (true)
        {
            string text;
            try
            {
                (StatusReading status, VerbResult result) = await MoreVerbs.ReadStatus(session, cancel);
                last = (result.Text, context.Time.GetUtcNow());
                text = json ? JsonSerializer.Serialize(status, ApiFormat.Wire.StatusReading) : result.Text;
            }
            catch (CliFailure failure) when (failure.IsOutage)
            {
                text = json ? JsonSerializer.Serialize(failure.Problem, ApiFormat.Wire.ProblemReading) : WatchScreen.Outage(failure, last, context);
            }

            await context.Out.WriteAsync(json ? text + "\n" : WatchScreen.Render(text, interval, context));
            await context.Out.FlushAsync(cancel);
            await Task.Delay(interval, context.Time, cancel);
        }
    }
}
