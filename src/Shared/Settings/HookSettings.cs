using Mmm.Shared.Hooks;

namespace Mmm.Shared.Settings;

/// <summary>HOCON: <c>monitor.hooks { … }</c> and <c>agent.hooks { … }</c>.</summary>
/// <param name="Command">Absolute path of the program.</param>
/// <param name="Events">What it is run for.</param>
/// <param name="Timeout">How long it may run.</param>
/// <param name="Wait">What the agent's orders wait for; null = nothing, and always null on a monitor.</param>
public sealed record HookSettings(string Command, HookFilter Events, TimeSpan Timeout, HookWait? Wait = null);

/// <summary>HOCON: <c>agent.hooks { wait_for, wait_timeout }</c>.</summary>
/// <param name="For">Which hooks are waited for.</param>
/// <param name="Timeout">How long each.</param>
public sealed record HookWait(HookFilter For, TimeSpan Timeout);

/// <summary>HOCON: <c>monitor.webhook { … }</c>.</summary>
/// <param name="Url">http or https; may hold a login and a token, and is never shown.</param>
/// <param name="Key">Of the signature; null = none.</param>
/// <param name="Events">What is posted.</param>
/// <param name="Timeout">Deadline of one attempt.</param>
/// <param name="Retries">Most attempts after the first.</param>
public sealed record WebhookSettings(Secret Url, Secret? Key, HookFilter Events, TimeSpan Timeout, int Retries)
{
    /// <summary>Scheme, host and port: what may be shown of <see cref="Url"/>.</summary>
    public string Receiver => new Uri(Url.Reveal()) is var url ? $"{url.Scheme}://{url.Authority}" : "";
}
