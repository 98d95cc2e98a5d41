using System.Collections.Immutable;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Security;

/// <summary>The node's certificates as they are now. Read by every handshake, on any thread; replaced as a whole.</summary>
public sealed class CertificateStore
{
    private readonly PeerName _self;
    private readonly string? _address;
    private readonly Func<string, string> _read;
    private readonly TimeProvider _time;
    private volatile Certificates _current;

    private CertificateStore(TlsSettings settings, PeerName self, string? address, Func<string, string> read, TimeProvider time)
    {
        (Settings, _self, _address, _read, _time) = (settings, self, address, read, time);
        _current = Read();
    }

    /// <summary>Where they are from.</summary>
    public TlsSettings Settings { get; private set; }

    public Certificates Current => _current;

    /// <summary>Told of each replacement.</summary>
    public event Action<Certificates>? Replaced;

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Reads the files for the first time.</summary>
    /// <param name="settings">Where they are.</param>
    /// <param name="self">Who this node is.</param>
    /// <param name="address">Where others dial it.</param>
    /// <param name="time">UTC clock.</param>
    /// <exception cref="CertificateException">They cannot be used.</exception>
    public static CertificateStore Open(TlsSettings settings, PeerName self, string? address, TimeProvider time) =>
        new(settings, self, address, PrivateText, time);

    /// <summary>Reads the files again, and goes by them from now on if they are others, and good.</summary>
    /// <returns>True: they were replaced.</returns>
    /// <exception cref="CertificateException">They cannot be used: nothing has changed.</exception>
    public bool Refresh()
    {
        Certificates found = Read();
        Certificates before = _current;
        if (found.Own.Thumbprint == before.Own.Thumbprint && found.Authorities.Select(a => a.Thumbprint).SequenceEqual(before.Authorities.Select(a => a.Thumbprint)))
            return false;
        _current = found;
        Replaced?.Invoke(found);
        return true;
    }

    /// <summary>From now on these serial numbers, and no others, are good for nothing any more; connections that are there stay.</summary>
    public void Revoke(ImmutableArray<string> serials)
    {
        Settings = Settings with { Revoked = serials };
        _current = _current.Revoking(serials);
    }

    private Certificates Read()
    {
        Certificates found = Certificates.Read(Settings, _read, _time.GetUtcNow());
        return found.WhyNotFor(_self, _address) is { } why ? throw new CertificateException($"tls.cert_file {Settings.CertFile}: {why}") : found;
    }

    /// <summary>Text of a file; a key that every user may read is refused.</summary>
    private static string PrivateText(string file)
    {
        string text = File.ReadAllText(file);
        bool isKey = text.Contains("PRIVATE KEY-----", StringComparison.Ordinal);
        return isKey && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0
            ? throw new CertificateException($"{file} holds a key and every user can read it: chmod o= {file}")
            : text;
    }
}
