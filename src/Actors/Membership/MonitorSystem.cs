using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Mmm.Actors.Agents;
using Mmm.Actors.Configuration;
using Mmm.Actors.Leases;
using Mmm.Actors.Probing;
using Mmm.Actors.Remoting;
using Mmm.Actors.Security;
using Mmm.Actors.Serialization;
using Mmm.Actors.Status;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Membership;

/// <summary>What a monitor node is made of besides this project's own actors.</summary>
/// <param name="Settings">Validated.</param>
/// <param name="Identity">This start of this node.</param>
/// <param name="Time">Monotonic and UTC clock.</param>
/// <param name="Ports">How servers are looked at.</param>
/// <param name="Listeners">Whether a member's process is still there.</param>
/// <param name="Keeper">Props of the ledger's keeper.</param>
/// <param name="Coordinator">Props of the singleton; called where it runs, with the registry of that node.</param>
/// <param name="Fingerprint">Of the settings, sent with what this node sees; null = none.</param>
/// <param name="Chronicle">Props of the history; null = none is kept.</param>
/// <param name="Hooks">Props of the hooks by the settings; null = none are run.</param>
/// <param name="Webhook">Props of the webhook by the settings; null = none is told.</param>
/// <param name="Running">What the node runs with; null = <paramref name="Settings"/>, for good.</param>
/// <param name="Read">Reads the configuration again; null = it is not read again.</param>
/// <param name="Certificates">The node's; null = plain text.</param>
public sealed record MonitorParts(
    MmmSettings Settings,
    ProcessIdentity Identity,
    TimeProvider Time,
    ProbingPorts Ports,
    IListenCheck Listeners,
    Func<ActorSystem, IActorRegistry, Props> Keeper,
    Func<ActorSystem, IActorRegistry, Props> Coordinator,
    string? Fingerprint = null,
    Props? Chronicle = null,
    Func<MmmSettings, Props?>? Hooks = null,
    Func<MmmSettings, Props?>? Webhook = null,
    RunningSettings? Running = null,
    Func<LoadedSettings>? Read = null,
    CertificateStore? Certificates = null)
{
    /// <summary>What the node runs with now.</summary>
    public MmmSettings Now => Running?.Now ?? Settings;
}

/// <summary>Puts a monitor node's actor system together.</summary>
public static class MonitorSystem
{
    /// <summary>The system's name is <see cref="MonitorActors.SystemName"/>. Registers every actor under its key of MonitorActors.cs.</summary>
    public static AkkaConfigurationBuilder WithMonitor(this AkkaConfigurationBuilder builder, MonitorParts parts)
    {
        ClusterSingletonOptions singleton = new() { Role = MonitorActors.MemberRole };
        return builder
            .AddHocon(MonitorHocon.Render(parts.Settings), HoconAddMode.Prepend)
            .AddHocon(RemotingHocon.Render(), HoconAddMode.Prepend)
            .WithCertificates(parts.Certificates, parts.Time)
            .AddHocon(WireSerialization.Hocon(), HoconAddMode.Prepend)
            .WithClustering(new ClusterOptions { Roles = [MonitorActors.MemberRole] })
            .WithActors((system, registry) => registry.Register<KeeperKey>(system.ActorOf(parts.Keeper(system, registry), MonitorActors.Keeper)))

            // The proxy comes first: a probe may be asked for by another node's coordinator as soon as the region is there.
            .WithSingletonProxy<CoordinatorProxyKey>(MonitorActors.Coordinator, singleton)
            .WithShardRegion<ShardRegionKey>(
                MonitorActors.ServerProbe,
                (_, registry, _) => id =>
                {
                    MmmSettings now = parts.Now;
                    return ServerProbes.PropsOf(id, now, SetupOf(parts, registry, now));
                },
                ServerProbes.Extractor,
                new ShardOptions
                {
                    Role = MonitorActors.MemberRole,
                    StateStoreMode = StateStoreMode.DData,
                    RememberEntities = false,
                    ShouldPassivateIdleEntities = false,
                })
            .WithActors((system, registry) => StartNodeActors(system, registry, parts))
            .WithSingleton<CoordinatorKey>(MonitorActors.Coordinator, (system, registry, _) => parts.Coordinator(system, registry), singleton, createProxyToo: false);
    }

    private static void StartNodeActors(ActorSystem system, IActorRegistry registry, MonitorParts parts)
    {
        IActorRef coordinator = registry.Get<CoordinatorProxyKey>();
        if (parts.Chronicle is { } chronicle)
            registry.Register<ChronicleKey>(system.ActorOf(chronicle, MonitorActors.Chronicle));
        registry.Register<StatusBoardKey>(system.ActorOf(StatusBoardActor.Props(parts.Time), MonitorActors.StatusBoard));
        IActorRef gateway = system.ActorOf(AgentGatewayActor.Props(parts.Settings, coordinator), MonitorActors.AgentGateway);
        registry.Register<AgentGatewayKey>(gateway);
        system.EventStream.Subscribe(gateway, typeof(SettingsTaken));
        var renewable = NodeParts.Start(
            system,
            new NodePart(MonitorActors.Hooks, c => c.Touches("monitor.hooks"), () => parts.Hooks?.Invoke(parts.Now)),
            new NodePart(MonitorActors.Webhook, c => c.Touches("monitor.webhook"), () => parts.Webhook?.Invoke(parts.Now)),
            // A granter that begins anew grants nothing before it has asked the keepers, so only for what it goes by.
            new NodePart(MonitorActors.LeaseGranter, c => c.TopologyChanged, () => LeaseGranterActor.Props(parts.Now, parts.Time, coordinator)),
            new NodePart(
                MonitorActors.Vantage, c => c.TouchesClusters || c.Touches("monitor.ping_ips", "monitor.ping_interval"),
                () => VantageActor.Props(parts.Now, SetupOf(parts, registry, parts.Now)), vantage => registry.Register<VantageKey>(vantage, overwrite: true)));
        registry.Register<BootstrapKey>(system.ActorOf(BootstrapActor.Props(parts.Settings, parts.Time), MonitorActors.Bootstrap));
        system.ActorOf(DeadMemberActor.Props(parts.Settings, parts.Listeners), MonitorActors.DeadMember);
        system.ActorOf(CoordinatorWatchActor.Props(parts.Time, CoordinatorWatchActor.DefaultPatience), MonitorActors.CoordinatorWatch);
        if (parts is { Running: { } running, Read: { } read })
            registry.Register<SettingsKey>(system.ActorOf(SettingsActor.Props(running, NodeKind.Monitor, read, renewable, parts.Time), MonitorActors.Settings));
    }

    private static VantageActor.Setup SetupOf(MonitorParts parts, IReadOnlyActorRegistry registry, MmmSettings now) =>
        new(
            parts.Identity, parts.Ports, registry.Get<CoordinatorProxyKey>(), parts.Time, parts.Fingerprint is null ? null : SettingsFingerprint.Of(now), () => !ReferenceEquals(parts.Now, now),
            parts.Certificates is { } certificates ? () => certificates.Current.Ends : null);
}
