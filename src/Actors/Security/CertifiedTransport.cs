using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Security;

/// <summary>Hands the certificates to <see cref="CertifiedTransport"/>.</summary>
/// <param name="store">The node's.</param>
public sealed class CertificateSetup(CertificateStore store) : Setup
{
    public CertificateStore Store => store;
}

/// <summary>
/// Akka's TCP transport, with two things of it changed, both by reflection and in this one place; where a later Akka has them no more, the node says so at its start.
/// Its certificate can be replaced. Akka reads it once and has no way to change it (1.5.74: SslSettings.Certificate, used for each connection as it is made); restarting a node for that
/// would be a failover of monitors and a moment without a lease for agents.
/// A handshake that fails where this node has dialled ends nothing but that connection. Akka shuts down the whole actor system (1.5.74: TcpHandlers.UserEventTriggered, for a node
/// whose own certificate is wrong): here a peer that dies in the middle of its handshake, is cut off then, or comes with an expired certificate would take with it everyone who dials it.
/// </summary>
public sealed class CertifiedTransport : Transport
{
    private const string TcpTransport = "Akka.Remote.Transport.DotNetty.TcpTransport, Akka.Remote";

    private readonly Transport _tcp;
    private readonly ActorSystem? _standIn;

    /// <summary>As Akka makes its transports.</summary>
    public CertifiedTransport(ActorSystem system, Config config)
    {
        System = system;
        Config = config;
        _tcp = (Transport)Activator.CreateInstance(Type.GetType(TcpTransport, throwOnError: true)!, system, config)!;
        _standIn = StandIn(_tcp, system.Name);
        if (_standIn is null)
            system.Log.Warning("With this release of Akka a failed TLS handshake with another node ends this one.");
        CertificateStore store = system.Settings.Setup.Get<CertificateSetup>().Value.Store;
        Action<X509Certificate2>? replace = Replacer(_tcp);
        if (replace is null)
            system.Log.Warning("This release of Akka cannot change its certificate: a new one needs a restart of this node.");
        else
            store.Replaced += certificates => replace(certificates.Own);
    }

    public override string SchemeIdentifier
    {
        get => _tcp.SchemeIdentifier;
        protected set => throw new NotSupportedException();
    }

    public override long MaximumPayloadBytes => _tcp.MaximumPayloadBytes;

    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen() => _tcp.Listen();

    public override bool IsResponsibleFor(Address remote) => _tcp.IsResponsibleFor(remote);

    public override Task<AssociationHandle> Associate(Address remoteAddress) => _tcp.Associate(remoteAddress);

    public override async Task<bool> Shutdown()
    {
        bool done = await _tcp.Shutdown();
        if (_standIn is not null)
            await _standIn.Terminate();
        return done;
    }

    public override Task<bool> ManagementCommand(object message) => _tcp.ManagementCommand(message);

    /// <summary>
    /// The transport's System is what it shuts down, and whose name it takes (1.5.74 uses it for nothing else once it is made): an actor system of that name which has nothing to shut down.
    /// </summary>
    private static ActorSystem? StandIn(Transport tcp, string name)
    {
        PropertyInfo property = typeof(Transport).GetProperty(nameof(System))!;
        if (property.SetMethod is null)
            return null;
        var standIn = ActorSystem.Create(name, AkkaHocon.Render(new Dictionary<string, object>
        {
            ["akka.actor.provider"] = "local",
            ["akka.loglevel"] = "OFF",
            ["akka.stdout-loglevel"] = "OFF",
            ["akka.loggers"] = Array.Empty<string>(),
            ["akka.scheduler.tick-duration"] = TimeSpan.FromMinutes(1),
            ["akka.coordinated-shutdown.terminate-actor-system"] = false,
            ["akka.coordinated-shutdown.run-by-actor-system-terminate"] = false,
            ["akka.coordinated-shutdown.exit-clr"] = false,
            ["akka.coordinated-shutdown.run-by-clr-shutdown-hook"] = false,
        }));
        property.SetValue(tcp, standIn);
        return standIn;
    }

    private static Action<X509Certificate2>? Replacer(Transport tcp)
    {
        object? settings = tcp.GetType().GetProperty("Settings", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(tcp);
        object? ssl = settings?.GetType().GetMember("Ssl", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).FirstOrDefault() switch
        {
            PropertyInfo property => property.GetValue(settings),
            FieldInfo found => found.GetValue(settings),
            _ => null,
        };
        FieldInfo? field = ssl?.GetType().GetField("Certificate", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        return field?.FieldType == typeof(X509Certificate2) ? certificate => field.SetValue(ssl, certificate) : null;
    }
}
