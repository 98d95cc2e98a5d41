using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mmm.Agent.Tests.Servers;

/// <summary>A server's certificate and key as files, signed by itself.</summary>
internal sealed class CertificateFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-tls-").FullName;

    public CertificateFiles()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=db1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportRSAPrivateKeyPem());
    }

    public string Certificate => Path.Combine(_folder, "cert.pem");

    public string Key => Path.Combine(_folder, "key.pem");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
