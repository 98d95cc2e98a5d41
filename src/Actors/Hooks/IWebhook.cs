using Mmm.Shared.Hooks;

namespace Mmm.Actors.Hooks;

/// <summary>Posts to the webhook's receiver.</summary>
public interface IWebhook
{
    /// <summary>One attempt, with a deadline of its own; never throws for what the network or the receiver does.</summary>
    /// <param name="e">What is posted.</param>
    Task<WebhookOutcome> PostAsync(HookEvent e);
}
