using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using Mmm.Shared.Security;

namespace Mmm.Actors.Security;

/// <summary>Who may speak Akka's protocol with this node: monitors and agents whose certificates the authority has signed, each at the address its certificate is for.</summary>
/// <param name="store">What is gone by.</param>
/// <param name="agentSystem">Name of the agents' actor systems: who dials one wants an agent.</param>
public sealed class PeerGate(CertificateStore store, string agentSystem)
{
    private static readonly PeerKind[] s_nodes = [PeerKind.Monitor, PeerKind.Agent];

    /// <summary>Told of each connection that does not come about: the other side, without the port it has dialled from, and why. On any thread.</summary>
    public event Action<string, string>? Refused;

    /// <summary>For Akka: mutual TLS by this rule.</summary>
    public DotNettySslSetup Setup() =>
        new(store.Current.Own, suppressValidation: false, requireMutualAuthentication: true, validateCertificateHostname: false, Validate);

    /// <param name="certificate">What the other side shows.</param>
    /// <param name="chain">With what it has sent beside it.</param>
    /// <param name="peer">Address of the system that was dialled, or the address of the socket that has dialled.</param>
    /// <param name="errors">What .NET thinks by the machine's own authorities: nothing is gone by.</param>
    /// <param name="log">The transport's: its category is silent in the nodes' logs.</param>
    private bool Validate(X509Certificate2? certificate, X509Chain? chain, string peer, SslPolicyErrors errors, ILoggingAdapter log)
    {
        IEnumerable<X509Certificate2> sentWith = chain?.ChainPolicy.ExtraStore ?? [];
        PeerRule rule = store.Current.Rule;
        string? why;
        if (peer.Contains("://", StringComparison.Ordinal))
        {
            // The transport's own address, ssl.tcp://mmm@10.0.0.1:8551, which Akka's parsers do not take for one.
            why = Uri.TryCreate(peer, UriKind.Absolute, out Uri? dialled)
                ? rule.WhyNotOut(certificate, sentWith, dialled.UserInfo == agentSystem ? PeerKind.Agent : PeerKind.Monitor, dialled.DnsSafeHost, store.Now)
                : "it is not understood who was dialled";
        }
        else
        {
            why = rule.WhyNotIn(certificate, sentWith, s_nodes, store.Now);
            peer = peer[..Math.Max(0, peer.LastIndexOf(':'))];
        }

        if (why is not null)
            Refused?.Invoke(peer, why);
        return why is null;
    }
}
