using Akka.Actor;
using Akka.Hosting;
using Mmm.Actors.Coordinator;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Security;

/// <summary>Makes a node's remoting speak to certified peers only.</summary>
public static class CertifiedRemoting
{
    public const string ActorName = "certificates";

    /// <param name="builder">Of the node's actor system.</param>
    /// <param name="store">Null = the installation has no certificates: plain text.</param>
    /// <param name="time">Clock.</param>
    public static AkkaConfigurationBuilder WithCertificates(this AkkaConfigurationBuilder builder, CertificateStore? store, TimeProvider time)
    {
        if (store is null)
            return builder;
        var gate = new PeerGate(store, WellKnown.AgentSystem);
        return builder
            .AddSetup(gate.Setup())
            .AddSetup(new CertificateSetup(store))
            .AddHocon(Render(), HoconAddMode.Prepend)
            .WithActors((system, _) => system.ActorOf(CertificateActor.Props(store, gate, time), ActorName));
    }

    /// <summary>Akka's configuration of it.</summary>
    public static string Render() => AkkaHocon.Render(new Dictionary<string, object>
    {
        ["akka.remote.dot-netty.tcp.enable-ssl"] = true,
        // What comes right behind a handshake is often not looked at before the next packet arrives: one side had its answer ready after 14 ms, the other was connected a second later, with
        // the heartbeat (3 of 6 tries in the lab; never in plain text). The likely place is DotNetty's TlsHandler (0.7.6), which goes on with what SslStream reads later, on another thread,
        // only when it is given more. A host that asks the others to let its lease go on needs two connections within a third of the lease's time, so the next packet has to come soon.
        ["akka.remote.transport-failure-detector.heartbeat-interval"] = TimeSpan.FromMilliseconds(200),
        ["akka.remote.dot-netty.tcp.transport-class"] = $"{typeof(CertifiedTransport).FullName}, {typeof(CertifiedTransport).Assembly.GetName().Name}",
    });

    /// <summary>A monitor's certificates; null = none are configured.</summary>
    /// <exception cref="CertificateException">They cannot be used.</exception>
    public static CertificateStore? OfMonitor(MmmSettings settings, TimeProvider time) => settings.Tls is { } tls
        ? CertificateStore.Open(tls, PeerName.Monitor(settings.This), settings.Monitors.First(m => m.Name == settings.This).Address, time)
        : null;

    /// <summary>An agent's certificates; null = none are configured.</summary>
    /// <exception cref="CertificateException">They cannot be used.</exception>
    public static CertificateStore? OfAgent(MmmSettings settings, TimeProvider time) => settings.Tls is { } tls
        ? CertificateStore.Open(tls, PeerName.Agent(settings.ThisCluster!, settings.This), settings.Clusters[settings.ThisCluster!].Topology.Hosts[settings.This].Ip, time)
        : null;
}
