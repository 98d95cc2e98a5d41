using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Mmm.Actors.Security;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>HTTPS with this node's certificate; callers may show one of theirs, and one that is not good ends the handshake.</summary>
internal static class CallerCertificates
{
    /// <summary>A monitor's may everything, as the monitor itself. An agent's is none: the database hosts have no business here.</summary>
    private static readonly PeerKind[] s_callers = [PeerKind.Client, PeerKind.Monitor];

    public static void UseCertificates(this ListenOptions listen, CertificateStore certificates) => listen.UseHttps(new HttpsConnectionAdapterOptions
    {
        ServerCertificateSelector = (_, _) => certificates.Current.Own,
        SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        HandshakeTimeout = TimeSpan.FromSeconds(5),
        ClientCertificateMode = ClientCertificateMode.AllowCertificate,
        ClientCertificateValidation = (certificate, chain, _) => certificates.Current.Rule.WhyNotIn(certificate, SentWith(chain), s_callers, certificates.Now) is null,
    });

    /// <summary>Judged anew with each request: a connection may outlive its certificate. Null = there is none, or it is not good any more.</summary>
    public static Caller? CallerOf(HttpContext http, CertificateStore certificates)
    {
        if (http.Connection.ClientCertificate is not { } shown || PeerName.Of(shown) is not { } name)
            return null;
        return certificates.Current.Rule.WhyNotIn(shown, [], s_callers, certificates.Now) is null
            ? new Caller(name.Name, name.Role ?? ApiRole.Admin, ByCertificate: true)
            : null;
    }

    private static X509Certificate2Collection SentWith(X509Chain? chain) => chain?.ChainPolicy.ExtraStore ?? [];
}
