using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Mmm.Control.Tls;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

namespace Mmm.Cluster.Tests.Security;

/// <summary>An authority and what it has issued, in a folder of its own, as <c>mmm tls</c> makes them.</summary>
internal sealed class TestInstallation : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-tls-").FullName;
    private CertificateAuthority _authority;

    public TestInstallation()
    {
        PemPair made = CertificateAuthority.Create("test authority", 100, Now.AddDays(-60));
        File.WriteAllText(CaFile, made.Certificate);
        _authority = new CertificateAuthority(X509Certificate2.CreateFromPem(made.Certificate, made.Key));
    }

    public static DateTimeOffset Now => DateTimeOffset.UtcNow;

    public string CaFile => Path.Combine(_folder, "ca.crt");

    /// <summary>Writes a pair under that file name, in place of one that is there.</summary>
    /// <param name="file">Name of the two files.</param>
    /// <param name="name">Whom it names.</param>
    /// <param name="days">How long it is good from <paramref name="from"/> on.</param>
    /// <param name="addresses">Where it is dialled.</param>
    /// <param name="from">When it is made; null = now.</param>
    public TlsSettings Issue(string file, PeerName name, int days = 10, IEnumerable<string>? addresses = null, DateTimeOffset? from = null)
    {
        PemPair made = _authority.Issue(name, addresses ?? ["127.0.0.1"], days, from ?? Now);
        (string cert, string key) = (Path.Combine(_folder, file + ".crt"), Path.Combine(_folder, file + ".key"));
        File.WriteAllText(cert, made.Certificate);
        File.WriteAllText(key, made.Key);
        SetMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new TlsSettings(CaFile, cert, key, []);
    }

    public X509Certificate2 Certificate(PeerName name, int days = 10, IEnumerable<string>? addresses = null, DateTimeOffset? from = null)
    {
        TlsSettings files = Issue("one-of-many", name, days, addresses, from);
        return X509Certificate2.CreateFromPemFile(files.CertFile, files.KeyFile);
    }

    /// <summary>A new authority signs from now on; both are trusted until <see cref="ForgetOld"/>.</summary>
    public void Renew()
    {
        PemPair made = CertificateAuthority.Create("new authority", 100, Now);
        File.WriteAllText(CaFile, made.Certificate + File.ReadAllText(CaFile));
        _authority.Dispose();
        _authority = new CertificateAuthority(X509Certificate2.CreateFromPem(made.Certificate, made.Key));
    }

    public void ForgetOld() => File.WriteAllText(CaFile, _authority.Certificate.ExportCertificatePem());

    public static void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, mode);
    }

    /// <summary>Whom this installation lets in.</summary>
    public PeerRule Rule(params ImmutableArray<string> revoked) => new(Certificates.ReadAuthorities(CaFile, File.ReadAllText), revoked);

    /// <summary>One who knows this installation's authority.</summary>
    /// <param name="at">A node's management endpoint.</param>
    /// <param name="own">What it shows; null = nothing.</param>
    public HttpClient Client(Uri at, X509Certificate2? own = null)
    {
        SocketsHttpHandler handler = new();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => Rule().WhyNotOut(shown as X509Certificate2, [], PeerKind.Monitor, at.Host, Now) is null;
        if (own is not null)
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        return new HttpClient(handler) { BaseAddress = at };
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
