using System.Globalization;

namespace Mmm.Shared.Hooks;

/// <summary>How one attempt to tell the webhook's receiver ended.</summary>
/// <param name="Status">HTTP status; null = no answer.</param>
/// <param name="Trouble">Why there is none, without the URL; null when there is one.</param>
/// <param name="RetryAfter">What the receiver asks for, from when its answer came; null = nothing.</param>
public sealed record WebhookOutcome(int? Status, string? Trouble, TimeSpan? RetryAfter = null);

/// <summary>What is done after an attempt.</summary>
public abstract record WebhookVerdict
{
    private WebhookVerdict()
    {
    }

    /// <summary>It has been told.</summary>
    public sealed record Delivered : WebhookVerdict;

    /// <summary>Once more after a while.</summary>
    public sealed record Again(TimeSpan After) : WebhookVerdict;

    /// <summary>Never.</summary>
    public sealed record GivenUp(string Why) : WebhookVerdict;
}

/// <summary>When the webhook is tried again: without an answer, and after 429 and 5xx. Every other answer would be the same the next time.</summary>
public static class WebhookRetry
{
    /// <summary>Longest pause, whatever a receiver asks for: those behind wait as long.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);

    /// <param name="outcome">Of the attempt.</param>
    /// <param name="attempt">Which one it was, from 1.</param>
    /// <param name="retries">monitor.webhook.retries.</param>
    public static WebhookVerdict After(WebhookOutcome outcome, int attempt, int retries)
    {
        if (outcome.Status is >= 200 and < 300)
            return new WebhookVerdict.Delivered();
        string why = outcome.Status is { } status ? string.Create(CultureInfo.InvariantCulture, $"HTTP {status}") : outcome.Trouble ?? "no answer";
        if (outcome.Status is not (null or 429 or >= 500))
            return new WebhookVerdict.GivenUp(why);
        if (attempt > retries)
            return new WebhookVerdict.GivenUp(string.Create(CultureInfo.InvariantCulture, $"{why} ({attempt} attempts)"));
        TimeSpan pause = outcome.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked : s_firstPause * Math.Pow(2, Math.Min(attempt - 1, 10));
        return new WebhookVerdict.Again(pause < LongestPause ? pause : LongestPause);
    }
}
