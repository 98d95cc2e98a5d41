using Mmm.Shared.Api;

namespace Mmm.Control.Screens;

/// <summary><c>mmm watch</c>: one picture over the other on a terminal, one below the other elsewhere.</summary>
internal static class WatchScreen
{
    private const string Home = "\e[H";
    private const string ClearLine = "\e[K\n";
    private const string ClearBelow = "\e[J";

    public static string Render(string text, TimeSpan interval, CliContext context)
    {
        string block = $"{Ages.Local(context.Time.GetUtcNow(), context.Zone)}  every {interval.TotalSeconds} s, Ctrl-C ends\n\n{text.TrimEnd()}\n";

        // Overwritten rather than cleared: a cleared screen flickers.
        return context.Interactive ? Home + block.Replace("\n", ClearLine, StringComparison.Ordinal) + ClearBelow : block + "\n";
    }

    /// <summary>What is said while no monitor answers; on a terminal with what was seen last.</summary>
    public static string Outage(CliFailure failure, (string Text, DateTimeOffset At)? last, CliContext context) => context.Interactive && last is { } seen
        ? $"{failure.Message}\n\nAs it was at {Ages.Local(seen.At, context.Zone)}:\n\n{seen.Text}"
        : failure.Message;
}
