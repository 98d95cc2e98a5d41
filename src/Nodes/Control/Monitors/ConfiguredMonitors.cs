using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Mmm.Actors.Configuration;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Control.Monitors;

/// <summary>
/// What the command line needs of a monitor's configuration file: addresses, ports, token, certificates. The rest is not looked at, so that a
/// file with nothing but <c>monitors { … }</c> will do on an operator's machine.
/// </summary>
/// <param name="Addresses">In the order of preference.</param>
/// <param name="Token">monitor.http.token; null = none.</param>
/// <param name="Certificates">Of tls; null = none.</param>
internal sealed record ConfiguredMonitors(ImmutableArray<MonitorAddress> Addresses, string? Token, ClientCertificates? Certificates)
{
    /// <param name="path">The file.</param>
    /// <param name="context">Environment, for substitutions in it; clock.</param>
    /// <param name="named">False: found by itself; then a token file this user may not read is no error.</param>
    /// <exception cref="CliFailure">It cannot be read, is no HOCON, or names no monitor.</exception>
    public static ConfiguredMonitors Read(string path, CliContext context, bool named)
    {
        try
        {
            HoconObject root = HoconReader.ReadFile(path, new FileHoconSource(), context.Environment).Root;
            ImmutableArray<MonitorAddress> addresses = AddressesIn(root);
            return addresses.IsEmpty
                ? throw new CliFailure(ExitCodes.Config, "config", $"ERROR: {path} names no monitors (monitors {{ mon1 {{ address = … }} }}).")
                : new ConfiguredMonitors(addresses, TokenIn(root, path, named), CertificatesIn(root, named, context.Time));
        }
        catch (HoconException e)
        {
            throw new CliFailure(ExitCodes.Config, "config", $"ERROR: {e.Message}");
        }
    }

    /// <summary>
    /// This machine's own monitor first: over loopback where it listens there only (the default), else at its address. Then the others.
    /// </summary>
    private static ImmutableArray<MonitorAddress> AddressesIn(HoconObject root)
    {
        int usualPort = Port(Child(root, "monitor_defaults")?["http_port"]) ?? MonitorAddress.DefaultPort;
        List<(string Name, MonitorAddress Address)> monitors = [];
        foreach (HoconField field in Child(root, "monitors")?.Fields ?? [])
        {
            if (field.Value is not HoconObject monitor || Text(monitor["address"]) is not string address)
                throw new HoconException(field.Value.Origin, $"{field.Value.Path} has no address", "address = an IP address or host name");
            monitors.Add((field.Key, new MonitorAddress(address, Port(monitor["http_port"]) ?? usualPort)));
        }

        if (monitors.Count == 0)
            return [];
        string? self = Text(root["this"]);
        string bind = Text(Child(Child(root, "monitor"), "http")?["bind"]) ?? "127.0.0.1";
        MonitorAddress? own = monitors.Find(m => m.Name == self).Address;
        ImmutableArray<MonitorAddress> others = [.. monitors.Select(m => m.Address).Where(a => a != own)];
        if (IsLoopback(bind))
            return [new MonitorAddress(bind == "localhost" ? "127.0.0.1" : bind, own?.Port ?? usualPort), .. others];
        return own is null ? others : [own, .. others];
    }

    private static string? TokenIn(HoconObject root, string path, bool named)
    {
        HoconObject? http = Child(Child(root, "monitor"), "http");
        string? file = Text(http?["token_file"]);
        if (file is null)
            return Text(http?["token"]);
        string full = Path.GetFullPath(file, Path.GetDirectoryName(Path.GetFullPath(path))!);
        return named || TokenFile.MayRead(full) ? TokenFile.Read(full) : null;
    }

    private static ClientCertificates? CertificatesIn(HoconObject root, bool named, TimeProvider time)
    {
        HoconObject? tls = Child(root, "tls");
        return Text(tls?["ca_file"]) is { } ca ? ClientCertificates.Read(ca, Text(tls!["cert_file"]), Text(tls["key_file"]), named, time) : null;
    }

    private static HoconObject? Child(HoconObject? parent, string key) => parent?[key] as HoconObject;

    private static string? Text(HoconValue? value) => value is HoconScalar { IsNull: false, Text.Length: > 0 } scalar ? scalar.Text : null;

    private static int? Port(HoconValue? value)
    {
        if (value is null or HoconScalar { IsNull: true })
            return null;
        return int.TryParse(Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536
            ? port
            : throw new HoconException(value.Origin, $"{value.Path} is no port", "1-65535");
    }

    private static bool IsLoopback(string bind) => bind == "localhost" || (IPAddress.TryParse(bind, out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
