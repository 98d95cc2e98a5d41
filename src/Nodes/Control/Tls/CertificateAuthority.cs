using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mmm.Shared.Security;

namespace Mmm.Control.Tls;

/// <summary>A certificate and its key, as PEM texts.</summary>
internal sealed record PemPair(string Certificate, string Key);

/// <summary>Signs an installation's certificates: an authority of its own, that is trusted for nothing else. Keys are elliptic (P-256): small, and made at once.</summary>
/// <param name="own">Its certificate, with its key.</param>
internal sealed class CertificateAuthority(X509Certificate2 own) : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>Machines' clocks differ, and one that is a few hours wrong shall not lose its place for that.</summary>
    private static readonly TimeSpan s_before = TimeSpan.FromDays(1);

    public X509Certificate2 Certificate => own;

    public void Dispose() => own.Dispose();

    /// <param name="name">Common name.</param>
    /// <param name="days">How long it is good.</param>
    /// <param name="now">UTC.</param>
    public static PemPair Create(string name, int days, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={name}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using X509Certificate2 signed = request.CreateSelfSigned(now - s_before, now.AddDays(days));
        return new PemPair(signed.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <param name="name">Whom it names.</param>
    /// <param name="addresses">Where it is dialled: IP addresses and host names; none for clients.</param>
    /// <param name="days">How long it is good: never longer than the authority.</param>
    /// <param name="now">UTC.</param>
    public PemPair Issue(PeerName name, IEnumerable<string> addresses, int days, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={name.ToString().Replace('/', ' ')}, O=MMM"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        OidCollection uses = [new Oid(ClientUse)];
        if (name.Kind != PeerKind.Client)
            uses.Add(new Oid(ServerUse));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, critical: false));
        request.CertificateExtensions.Add(Names(name, addresses));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(own, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset begin = now - s_before, first = own.NotBefore, end = now.AddDays(days), last = own.NotAfter;
        using X509Certificate2 signed = request.Create(own, begin > first ? begin : first, end < last ? end : last, Serial());
        return new PemPair(signed.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static X509Extension Names(PeerName name, IEnumerable<string> addresses)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(name.Uri));
        foreach (string address in addresses.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(address, out IPAddress? ip))
                names.AddIpAddress(ip);
            else
                names.AddDnsName(address);
        }

        return names.Build();
    }

    /// <summary>Positive, and with the 64 bits of chance that RFC 5280's readers expect.</summary>
    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x3f) | 0x40);
        return serial;
    }
}
