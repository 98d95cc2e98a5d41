using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Mmm.Control.Monitors;

/// <summary>Where a monitor's management endpoint listens.</summary>
/// <param name="Host">IP address or host name.</param>
/// <param name="Port">TCP port.</param>
internal sealed record MonitorAddress(string Host, int Port)
{
    /// <summary>Usual port of Akka management, and the settings' default.</summary>
    public const int DefaultPort = 8558;

    public static readonly MonitorAddress Default = new("127.0.0.1", DefaultPort);

    public Uri Base(bool tls) => new($"{(tls ? "https" : "http")}://{this}");

    /// <summary><c>host</c>, <c>host:port</c>, <c>[v6]:port</c> or a bare IPv6 address; null for anything else.</summary>
    public static MonitorAddress? Parse(string text)
    {
        text = text.Trim();
        if (IPAddress.TryParse(text, out IPAddress? bare) && !text.Contains(']', StringComparison.Ordinal))
            return new MonitorAddress(bare.ToString(), DefaultPort);
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > text.LastIndexOf(']');
        string host = hasPort ? text[..colon] : text;
        int port = DefaultPort;
        if (hasPort && !(int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536))
            return null;
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        return Uri.CheckHostName(host) == UriHostNameType.Unknown ? null : new MonitorAddress(host, port);
    }

    public override string ToString() =>
        IPAddress.TryParse(Host, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
