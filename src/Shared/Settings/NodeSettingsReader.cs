using System.Collections.Immutable;
using System.Net;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>Reads <c>monitors</c>, <c>monitor { … }</c> and <c>agent { … }</c>.</summary>
internal sealed class NodeSettingsReader(SettingsProblems problems, SecretReader secrets, NodeKind kind, TlsReader tls)
{
    /// <summary>Most monitors that make sense: each decision waits for the disks of a majority.</summary>
    private const int MaxMonitors = 7;

    private const int MinTokenLength = 16;

    private readonly HookSettingsReader _hooks = new(problems, secrets, kind);

    public ImmutableArray<MonitorDraft> Monitors(Section root)
    {
        Section monitors = root.Sub("monitors");
        Section defaults = root.Sub("monitor_defaults");
        var drafts = new List<MonitorDraft>();
        foreach (HoconField field in monitors.Object.Fields.Where(f => f.Value is not HoconScalar { IsNull: true }))
        {
            Section monitor = NamedSection(field, "monitor").WithFallback(defaults, problems);
            drafts.Add(new MonitorDraft(
                field.Key,
                monitor.Origin,
                monitor.Path,
                monitor.Text("address", "an IP address or a host name, without port", IsAddress),
                monitor.Port("port"),
                monitor.Port("http_port")));
            monitor.RefuseUnknown();
        }

        foreach (string key in new[] { "port", "http_port" })
            defaults.Take(key);
        defaults.RefuseUnknown();
        CheckCount(monitors, drafts.Count);
        return [.. drafts];
    }

    public (MonitorSettings Settings, MembershipDraft Membership) Monitor(Section root)
    {
        Section monitor = root.Sub("monitor");
        Section http = monitor.Sub("http");
        (MembershipSettings membership, MembershipDraft draft) = Membership(monitor.Sub("membership"));
        Setting<string> bind = http.Text("bind", "an IP address or localhost", IsBind);
        Section tokens = http.Sub("tokens");
        Secret? token = Token(http, bind, others: !tokens.Object.Fields.IsEmpty);
        ImmutableArray<ApiToken> more = Tokens(tokens, token);
        Section control = monitor.Sub("mmm_control");
        var settings = new MonitorSettings(
            monitor.AbsolutePath("state_dir").Value,
            Bound(bind.Value),
            token,
            http.Bool("read_only").Value,
            [.. monitor.Ips("ping_ips").Value.Select(i => i.Value)],
            monitor.Duration("ping_interval", Ms(100), TimeSpan.FromMinutes(1)).Value,
            membership,
            monitor.Optional("kill_host_bin", monitor.AbsolutePath)?.Value,
            monitor.Duration("kill_host_timeout", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)).Value,
            MmmControl(control),
            monitor.Int("history_events", 100, 100_000).Value,
            _hooks.Hooks(monitor.Sub("hooks")),
            _hooks.Webhook(monitor.Sub("webhook")),
            monitor.Optional("otlp_endpoint", name => monitor.Text(name, "an http or https URL, as in http://10.0.0.9:4318/v1/traces", IsHttpUrl)) is { Valid: true, Value: var otlp } ? TracesUrl(new Uri(otlp)) : null,
            more);
        if (kind == NodeKind.Monitor)
            tls.Listens(bind, bind.Value, "the management endpoint");
        http.RefuseUnknown();
        control.RefuseUnknown();
        monitor.RefuseUnknown();
        return (settings, draft);
    }

    private ControlSocketSettings? MmmControl(Section control)
    {
        Setting<int> port = control.Int("port", 0, 65535);
        Setting<string> bind = control.Text("bind", "an IP address or localhost", IsBind);
        string? cluster = control.Optional("cluster", name => control.Text(name, "the name of a cluster", t => t.Length > 0))?.Value;
        Setting<string>? cert = control.Optional("cert_file", control.AbsolutePath), key = control.Optional("key_file", control.AbsolutePath), ca = control.Optional("ca_file", control.AbsolutePath);
        ControlSocketTls? own = cert is { } c && key is { } k && ca is { } a ? new ControlSocketTls(c.Value, k.Value, a.Value) : null;
        if (own is null && (cert ?? key ?? ca) is { } alone)
            problems.Error(alone, "is of no use alone", "cert_file, key_file and ca_file, or none of them");
        if (port.Value == 0)
            return null;
        if (kind == NodeKind.Monitor && bind.Valid && !TlsReader.IsLoopback(bind.Value) && own is null)
            problems.Error(bind, $"'{bind.Value}' can be reached from other machines, where anybody could move roles", "127.0.0.1, or cert_file, key_file and ca_file");
        return new ControlSocketSettings(Bound(bind.Value), port.Value, cluster, own);
    }

    public (AgentSettings Settings, AgentDraft Draft) Agent(Section root)
    {
        Section agent = root.Sub("agent");
        Section http = agent.Sub("http");
        Setting<string> bind = http.Text("bind", "an IP address or localhost", IsBind);
        var draft = new AgentDraft(
            agent.Duration("heartbeat_interval", Ms(50), TimeSpan.FromSeconds(10)),
            agent.Duration("local_watch_interval", Ms(10), TimeSpan.FromSeconds(5)),
            agent.Int("binlog_port", 0, 65535),
            http.Int("port", 0, 65535));
        Setting<bool> https = http.Bool("tls");
        if (https.Value && tls.Settings is null && kind == NodeKind.Agent)
            problems.Error(https, "needs this node's certificate", "off, or tls { ca_file, cert_file, key_file }");
        var settings = new AgentSettings(
            agent.AbsolutePath("state_dir").Value,
            agent.Optional("bind_address", agent.BindAddress)?.Value,
            agent.Optional("mysql_socket", agent.AbsolutePath)?.Value,
            agent.Optional("mysql_pid_file", agent.AbsolutePath)?.Value,
            draft.HeartbeatInterval.Value,
            draft.LocalWatchInterval.Value,
            agent.Duration("statement_timeout", Ms(100), TimeSpan.FromMinutes(1)).Value,
            agent.Duration("writer_grace", TimeSpan.Zero, TimeSpan.FromMinutes(1)).Value,
            agent.Int("max_kill_retries", 1, 1000).Value,
            agent.Duration("kill_retry_interval", Ms(10), TimeSpan.FromSeconds(10)).Value,
            agent.Duration("announce_interval", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)).Value,
            draft.BinlogPort.Value,
            draft.HttpPort.Value == 0 ? null : new AgentHttpSettings(Bound(bind.Value), draft.HttpPort.Value, https.Value),
            _hooks.Hooks(agent.Sub("hooks"), AgentHooks.Names));
        http.RefuseUnknown();
        agent.RefuseUnknown();
        return (settings, draft);
    }

    /// <summary>A section whose key is a name the operator chose.</summary>
    public Section NamedSection(HoconField field, string what)
    {
        if (!NameText.IsName(field.Key))
            problems.Error(field.Value.Origin, field.Value.Path, $"is no name for a {what}", NameText.Allowed);
        if (field.Value is HoconObject obj)
            return new Section(obj, problems);
        problems.Error(field.Value.Origin, field.Value.Path, $"is {field.Value.Kind}", $"a section: {field.Key} {{ … }}");
        return new Section(new HoconObject(field.Value.Origin, field.Value.Path, []), problems) { Broken = true };
    }

    private static bool IsHttpUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https";

    /// <summary>What a collector listens on when its address is all that is given (OpenTelemetry's protocol exporter specification).</summary>
    private static Uri TracesUrl(Uri given) => given.PathAndQuery == "/" ? new Uri(given, "/v1/traces") : given;

    private static bool IsBind(string text) => text == "localhost" || IpText.TryParse(text, out _);

    private static string Bound(string bind) => bind == "localhost" ? IPAddress.Loopback.ToString() : bind;

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static bool IsAddress(string text) =>
        IpText.TryParse(text, out IPAddress? ip)
            ? IpText.WhyNotAHostAddress(ip) is null
            : Uri.CheckHostName(text) == UriHostNameType.Dns && text.Any(char.IsAsciiLetter);

    private void CheckCount(Section monitors, int count)
    {
        if (count is 0 or > MaxMonitors)
            problems.Error(monitors.Origin, monitors.Path, count == 0 ? "no monitor is configured" : $"{count} monitors are configured", $"1 to {MaxMonitors}, best 3");
        else if (count == 1)
            problems.Warn(monitors.Origin, monitors.Path, "a single monitor is a single point of failure: while it is down nothing is failed over; configure 3");
        else if (count % 2 == 0)
            problems.Warn(monitors.Origin, monitors.Path, $"{count} monitors survive the loss of {(count - 1) / 2}, no more than {count - 1} would: configure an odd number");
    }

    private Secret? Token(Section http, Setting<string> bind, bool others)
    {
        bool exposed = kind == NodeKind.Monitor && bind.Valid && !TlsReader.IsLoopback(bind.Value);
        HoconValue? written = http.Take("token") ?? http.Take("token_file");
        bool given = written is not null;
        if (exposed && !given && !others && tls.Settings is null)
            problems.Error(bind, $"'{bind.Value}' can be reached from other machines, so the endpoint needs a token", "127.0.0.1, or monitor.http.token(_file), or the callers' certificates (tls)");
        SecretReader.Need need = exposed && given ? SecretReader.Need.Required : kind == NodeKind.Agent ? SecretReader.Need.None : SecretReader.Need.Optional;
        Secret? token = secrets.Read(http, http.Object, "token", need);
        CheckLength(token, written);
        return token;
    }

    private void CheckLength(Secret? token, HoconValue? written)
    {
        if (token is not null && written is not null && token.Reveal().Length < MinTokenLength)
            problems.Error(written.Origin, written.Path, "is too short to keep anyone out", $"at least {MinTokenLength} characters");
    }

    private ImmutableArray<ApiToken> Tokens(Section tokens, Secret? first)
    {
        var read = ImmutableArray.CreateBuilder<ApiToken>();
        foreach (HoconField field in tokens.Object.Fields.Where(f => f.Value is not HoconScalar { IsNull: true }))
        {
            Section one = NamedSection(field, "token");
            HoconValue? written = one.Take("token") ?? one.Take("token_file");
            Setting<string> role = one.Text("role", "viewer, operator or admin", t => Enum.TryParse(t, ignoreCase: true, out ApiRole _) && char.IsLetter(t[0]));
            // Only a monitor knows tokens: another program on that machine may not even read their files.
            Secret? token = secrets.Read(one, one.Object, "token", kind == NodeKind.Monitor ? SecretReader.Need.Required : SecretReader.Need.None);
            one.RefuseUnknown();
            CheckLength(token, written);
            if (token is null || !role.Valid)
                continue;
            string? same = first?.Reveal() == token.Reveal() ? MonitorSettings.OnlyToken : read.FirstOrDefault(t => t.Secret.Reveal() == token.Reveal())?.Name;
            if (same is not null)
                problems.Error(one.Origin, one.Path, $"has the same token as '{same}'", "a token of its own");
            read.Add(new ApiToken(field.Key, Enum.Parse<ApiRole>(role.Value, ignoreCase: true), token));
        }

        return read.ToImmutable();
    }

    private static (MembershipSettings Settings, MembershipDraft Draft) Membership(Section section)
    {
        var draft = new MembershipDraft(
            section.Duration("heartbeat_interval", Ms(50), TimeSpan.FromSeconds(10)),
            section.Duration("acceptable_heartbeat_pause", Ms(200), TimeSpan.FromMinutes(1)),
            section.Duration("stable_after", Ms(200), TimeSpan.FromMinutes(2)),
            section.Duration("gossip_interval", Ms(50), TimeSpan.FromSeconds(5)));
        var settings = new MembershipSettings(
            draft.HeartbeatInterval.Value,
            draft.AcceptableHeartbeatPause.Value,
            draft.StableAfter.Value,
            section.Duration("down_removal_margin", Ms(1), TimeSpan.FromMinutes(1)).Value,
            draft.GossipInterval.Value,
            section.Duration("seed_node_timeout", Ms(100), TimeSpan.FromMinutes(1)).Value);
        section.RefuseUnknown();
        return (settings, draft);
    }
}

/// <summary>The settings of the monitors' membership that rules compare.</summary>
internal sealed record MembershipDraft(
    Setting<TimeSpan> HeartbeatInterval,
    Setting<TimeSpan> AcceptableHeartbeatPause,
    Setting<TimeSpan> StableAfter,
    Setting<TimeSpan> GossipInterval);
