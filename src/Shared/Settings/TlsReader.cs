using System.Collections.Immutable;
using System.Net;

namespace Mmm.Shared.Settings;

/// <summary>Reads <c>tls { … }</c>, and refuses a node that others could reach without it.</summary>
internal sealed class TlsReader(SettingsProblems problems, NodeKind kind)
{
    private readonly HashSet<string> _exposed = [];
    private bool _required;
    private bool _broken;

    public TlsSettings? Settings { get; private set; }

    public TlsSettings? Read(Section root)
    {
        Section tls = root.Sub("tls");
        _broken = tls.Broken;
        _required = tls.Bool("required") is { Value: true } or { Valid: false };
        Setting<string>? ca = tls.Optional("ca_file", tls.AbsolutePath), cert = tls.Optional("cert_file", tls.AbsolutePath), key = tls.Optional("key_file", tls.AbsolutePath);
        ImmutableArray<Setting<string>> revoked = tls.Names("revoked").Value;
        foreach (Setting<string> serial in revoked.Where(s => s.Valid && !s.Value.All(char.IsAsciiHexDigit)))
            problems.Error(serial, $"is '{serial.Value}'", "the serial number of a certificate, hexadecimal ('mmm tls show FILE')");
        tls.RefuseUnknown();
        Setting<string>?[] files = [ca, cert, key];
        // The command line tool may do with ca_file alone.
        if (kind != NodeKind.Tool && files.Any(f => f is null) && files.FirstOrDefault(f => f is not null) is { } alone)
        {
            _broken = true;
            problems.Error(alone, "is of no use alone", "ca_file, cert_file and key_file, or none of them");
        }

        if (ca is { Valid: true } a && cert is { Valid: true } c && key is { Valid: true } k)
            Settings = new TlsSettings(a.Value, c.Value, k.Value, [.. revoked.Select(s => s.Value)]);
        _broken |= files.Any(f => f is { Valid: false });
        return Settings;
    }

    /// <summary>A place this node listens at; without certificates only this machine may reach it.</summary>
    /// <param name="setting">Whose value decides on it.</param>
    /// <param name="where">Address or name.</param>
    /// <param name="what">What listens there, for the message.</param>
    public void Listens(Setting<string> setting, string where, string what)
    {
        if (Settings is not null || _broken || !setting.Valid || IsLoopback(where) || !_exposed.Add(where))
            return;
        if (_required)
            problems.Error(setting, $"{what} is at {where}, where whoever reaches it could take over the databases, and no certificates are set", "tls { ca_file, cert_file, key_file } ('mmm tls init' and 'mmm tls issue' make them), or tls.required = off in a network that nobody else can reach");
        else
            problems.Warn(setting.Origin, setting.Path, $"{what} is at {where} without certificates (tls.required = off): whoever reaches it can take over the databases");
    }

    internal static bool IsLoopback(string address) => address == "localhost" || (IpText.TryParse(address, out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
