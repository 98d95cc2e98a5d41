using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Signs certificates, and keeps all of it as PEM files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-ca-").FullName;
    private readonly X509Certificate2 _own;
    private byte _serial;

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        System.IO.File.WriteAllText(File, _own.ExportCertificatePem());
    }

    /// <summary>Its certificate.</summary>
    public string File => Path.Combine(_folder, "ca.pem");

    public (string CertFile, string KeyFile, X509Certificate2 Certificate) Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using X509Certificate2 signed = request.Create(_own, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), [++_serial]);
        X509Certificate2 certificate = signed.CopyWithPrivateKey(key);
        (string cert, string secret) = (Path.Combine(_folder, $"{_serial}.pem"), Path.Combine(_folder, $"{_serial}.key"));
        System.IO.File.WriteAllText(cert, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(secret, key.ExportPkcs8PrivateKeyPem());
        return (cert, secret, certificate);
    }

    public X509ChainPolicy Trust() => new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _own }, RevocationMode = X509RevocationMode.NoCheck };

    public void Dispose()
    {
        _own.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
