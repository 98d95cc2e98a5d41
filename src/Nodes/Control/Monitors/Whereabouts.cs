using System.Collections.Immutable;

namespace Mmm.Control.Monitors;

/// <summary>Which monitors to ask and what to show them.</summary>
/// <param name="Monitors">In the order of preference; never empty.</param>
/// <param name="Token">Bearer token; null = none.</param>
/// <param name="Certificates">For TLS; null = plain HTTP.</param>
internal sealed record Whereabouts(ImmutableArray<MonitorAddress> Monitors, string? Token, ClientCertificates? Certificates = null)
{
    /// <summary>
    /// Addresses: <c>--monitors</c>, then MMM_MONITORS, then <c>--config</c>, then the default configuration files that exist, then this
    /// machine. Token: <c>--token-file</c>, then MMM_TOKEN, then the configuration's. Certificates: MMM_TLS_CA (with MMM_TLS_CERT and MMM_TLS_KEY), then the
    /// configuration's. Each independently of the others.
    /// </summary>
    /// <param name="monitors"><c>--monitors</c>; null when not given.</param>
    /// <param name="config"><c>--config</c>; null when not given.</param>
    /// <param name="tokenFile"><c>--token-file</c>; null when not given.</param>
    /// <param name="context">Environment and default files.</param>
    /// <exception cref="CliFailure">Something that was named cannot be used.</exception>
    public static Whereabouts Find(string? monitors, string? config, string? tokenFile, CliContext context)
    {
        string? list = monitors ?? NotBlank(context.Environment("MMM_MONITORS"));
        string? token = tokenFile is null ? NotBlank(context.Environment("MMM_TOKEN")) : TokenFile.Read(tokenFile);
        string? ca = NotBlank(context.Environment("MMM_TLS_CA"));
        ConfiguredMonitors? configured = list is null || token is null || ca is null || config is not null ? Configured(config, context) : null;
        ImmutableArray<MonitorAddress> addresses = list is null ? configured?.Addresses ?? [MonitorAddress.Default] : ParseList(list, monitors is null ? "MMM_MONITORS" : "--monitors");
        ClientCertificates? certificates = ca is null
            ? configured?.Certificates
            : ClientCertificates.Read(ca, NotBlank(context.Environment("MMM_TLS_CERT")), NotBlank(context.Environment("MMM_TLS_KEY")), named: true, context.Time);
        return new Whereabouts(addresses, token ?? configured?.Token, certificates);
    }

    private static ConfiguredMonitors? Configured(string? named, CliContext context)
    {
        if (named is not null)
            return ConfiguredMonitors.Read(named, context, named: true);

        // A default file that only root may read is no error: an operator without its passwords may still ask this machine's monitor.
        string? found = context.DefaultConfigs.FirstOrDefault(TokenFile.MayRead);
        return found is null ? null : ConfiguredMonitors.Read(found, context, named: false);
    }

    private static ImmutableArray<MonitorAddress> ParseList(string list, string givenBy)
    {
        ImmutableArray<MonitorAddress> addresses =
        [
            .. list.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(text => MonitorAddress.Parse(text)
                ?? throw new CliFailure(ExitCodes.Usage, "usage", $"ERROR: '{text}' in {givenBy} is no address: write HOST, HOST:PORT or [IPV6]:PORT.")),
        ];
        return addresses.IsEmpty ? throw new CliFailure(ExitCodes.Usage, "usage", $"ERROR: {givenBy} names no monitor.") : addresses;
    }

    private static string? NotBlank(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
