using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>
/// A certificate that nobody has signed, for one time the log is served: against who listens on the wire, not against who stands in for this host. Replicas are told not to check it.
/// </summary>
internal static class OwnCertificate
{
    public static X509Certificate2 Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mmm-agent", key, HashAlgorithmName.SHA256);
        // A day back: the replica's clock may be behind.
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
    }
}
