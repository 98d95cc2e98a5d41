using System.Collections.Immutable;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>Reads <c>hooks { … }</c> of monitors and agents, and the monitors' <c>webhook { … }</c>.</summary>
internal sealed class HookSettingsReader(SettingsProblems problems, SecretReader secrets, NodeKind kind)
{
    private const int MinKeyLength = 16;

    /// <param name="hooks">The section.</param>
    /// <param name="names">Every name there is; null = it is not known which codes there are.</param>
    /// <returns>Null: no command.</returns>
    public HookSettings? Hooks(Section hooks, ImmutableArray<string>? names = null)
    {
        Setting<string>? command = hooks.Optional("command", hooks.AbsolutePath);
        HookFilter events = Events(hooks, "events", names);
        TimeSpan timeout = hooks.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)).Value;
        HookWait? wait = names is null ? null : Wait(hooks, command is not null);
        hooks.RefuseUnknown();
        return command is { } c ? new HookSettings(c.Value, events, timeout, wait) : null;
    }

    private HookWait? Wait(Section hooks, bool hasCommand)
    {
        HookFilter waitFor = Events(hooks, "wait_for", WaitedHooks.Names);
        TimeSpan timeout = hooks.Duration("wait_timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)).Value;
        if (waitFor.Patterns.IsEmpty)
            return null;
        if (!hasCommand && hooks.Take("wait_for") is { } written)
            problems.Error(written.Origin, written.Path, "is of no use without a program", "with command, or []");
        return new HookWait(waitFor, timeout);
    }

    /// <returns>Null: no URL.</returns>
    public WebhookSettings? Webhook(Section webhook)
    {
        Setting<string>? url = webhook.Optional("url", key => webhook.Text(key, "an http or https URL", _ => true));
        Secret? secret = Key(webhook);
        HookFilter events = Events(webhook, "events", null);
        TimeSpan timeout = webhook.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)).Value;
        int retries = webhook.Int("retries", 0, 100).Value;
        webhook.RefuseUnknown();
        if (url is not { Valid: true } given)
            return null;
        // Not shown: it may hold a login or a token.
        if (!Uri.TryCreate(given.Value, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            problems.Error(given, "is no http or https URL", "such as \"https://alerts.example.org/mmm\"");
            return null;
        }

        return new WebhookSettings(new Secret(given.Value), secret, events, timeout, retries);
    }

    private HookFilter Events(Section section, string key, ImmutableArray<string>? names)
    {
        Setting<ImmutableArray<Setting<string>>> events = section.Names(key);
        foreach (Setting<string> pattern in events.Value.Where(e => e.Valid && !HookFilter.IsPattern(e.Value)))
            problems.Error(pattern, $"is '{pattern.Value}'", HookFilter.Allowed);
        if (names is { } known)
        {
            foreach (Setting<string> pattern in events.Value.Where(e => e.Valid && HookFilter.IsPattern(e.Value) && !known.Any(n => HookFilter.Matches(e.Value, n))))
                problems.Error(pattern, $"'{pattern.Value}' is no hook name of an agent{(key == "events" ? "" : " that can be waited for")}", string.Join(", ", known), Suggestions.Hint(pattern.Value, known));
        }

        return new HookFilter([.. events.Value.Select(e => e.Value)]);
    }

    private Secret? Key(Section webhook)
    {
        HoconValue? written = webhook.Take("secret") ?? webhook.Take("secret_file");
        SecretReader.Need need = kind switch
        {
            NodeKind.Monitor when written is not null => SecretReader.Need.Required,
            NodeKind.Agent => SecretReader.Need.None,
            _ => SecretReader.Need.Optional,
        };
        Secret? key = secrets.Read(webhook, webhook.Object, "secret", need);
        if (key is not null && written is not null && key.Reveal().Length < MinKeyLength)
            problems.Error(written.Origin, written.Path, "is too short to sign with", $"at least {MinKeyLength} characters");
        return key;
    }
}
