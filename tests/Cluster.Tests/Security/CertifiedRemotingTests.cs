using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote;
using Mmm.Actors.Coordinator;
using Mmm.Actors.Remoting;
using Mmm.Actors.Security;
using Mmm.Actors.Serialization;
using Mmm.Shared.Messages;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Cluster.Tests.Security;

/// <summary>Real actor systems over real sockets: who is heard, and who is not.</summary>
public sealed class CertifiedRemotingTests : IAsyncLifetime
{
    private const string MonitorSystem = "mmm";
    private const string Witness = "witness";

    private readonly TestInstallation _ours = new();
    private readonly TestInstallation _others = new();
    private readonly List<ActorSystem> _systems = [];
    private readonly ConcurrentQueue<object> _heard = new();
    private readonly ConcurrentQueue<string> _refused = new();
    private CertificateStore _store = null!;
    private ActorSystem _monitor = null!;

    public ValueTask InitializeAsync()
    {
        (_monitor, _store) = Certified(MonitorSystem, _ours.Issue("mon1", PeerName.Monitor("mon1")), PeerName.Monitor("mon1"), (peer, why) => _refused.Enqueue($"{peer}: {why}"));
        _monitor.ActorOf(Props.Create(() => new Listener(_heard)), "listener");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ActorSystem system in _systems)
            await system.Terminate();
        _ours.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task Certified_nodes_hear_each_other_and_their_addresses_say_that_it_is_tls()
    {
        ActorSystem agent = Agent(_ours.Issue("db1", PeerName.Agent("C1", "db1")));
        Assert.Equal("akka.ssl.tcp", AddressOf(agent).Protocol);
        Assert.Equal("akka.ssl.tcp", WellKnown.Protocol(agent));
        Assert.True(await IsHeardAsync(agent, "hello"));
        Assert.Empty(_refused);
    }

    [Theory]
    [InlineData("another authority")]
    [InlineData("expired")]
    [InlineData("a client's")]
    [InlineData("revoked")]
    public async Task A_node_with_a_certificate_that_is_not_good_is_not_heard(string which)
    {
        TlsSettings files = which switch
        {
            "another authority" => _others.Issue("db1", PeerName.Agent("C1", "db1")),
            "expired" => _ours.Issue("db1", PeerName.Agent("C1", "db1"), days: 5, from: TestInstallation.Now.AddDays(-20)),
            "a client's" => _ours.Issue("db1", PeerName.Client("anna", ApiRole.Admin)),
            _ => _ours.Issue("db1", PeerName.Agent("C1", "db1")),
        };
        if (which == "revoked")
            await StartAgainAsync([X509Certificate2.CreateFromPem(File.ReadAllText(files.CertFile)).SerialNumber]);

        // The rogue takes everybody for good: it is the monitor that must refuse.
        ActorSelection to = ListenerFor(Rogue(X509Certificate2.CreateFromPemFile(files.CertFile, files.KeyFile)));
        await Eventually.True(
            () =>
            {
                to.Tell(Word("let me in"));
                return !_refused.IsEmpty;
            },
            "it is refused");
        Assert.StartsWith("127.0.0.1: ", _refused.First().Replace("[::ffff:127.0.0.1]", "127.0.0.1", StringComparison.Ordinal), StringComparison.Ordinal);
        await StillServesAsync();
        OnlyTheWitnessIsHeard();
    }

    [Fact]
    public async Task A_node_without_tls_or_without_a_certificate_is_not_heard()
    {
        ActorSystem plain = Create("mmm-agent", "", null);
        ActorSelection to = ListenerFor(plain, "akka.tcp");
        int ended = 0;
        plain.EventStream.Subscribe(plain.ActorOf(Props.Create(() => new Counter(() => Interlocked.Increment(ref ended))), "counter"), typeof(AssociationErrorEvent));
        await Eventually.True(
            () =>
            {
                to.Tell(Word("let me in"));
                return Volatile.Read(ref ended) >= 2;
            },
            "its attempts fail");
        Assert.False(await HandshakeAsync(null));
        Assert.True(await HandshakeAsync(_ours.Certificate(PeerName.Agent("C1", "db1"))));
        await StillServesAsync();
        OnlyTheWitnessIsHeard();
    }

    [Fact]
    public async Task Who_is_dialled_must_be_who_it_is_said_to_be()
    {
        // The right authority and an agent: where a monitor is expected.
        (ActorSystem impostor, _) = Certified(MonitorSystem, _ours.Issue("db1", PeerName.Agent("C1", "db1")), PeerName.Agent("C1", "db1"));
        ConcurrentQueue<object> heard = new();
        impostor.ActorOf(Props.Create(() => new Listener(heard)), "listener");
        ActorSelection to = _monitor.ActorSelection($"{AddressOf(impostor)}/user/listener");
        await Eventually.True(
            () =>
            {
                to.Tell(Word("secret"));
                return _refused.Any(r => r.Contains("that of agent C1/db1", StringComparison.Ordinal));
            },
            "the monitor refuses to speak to it");
        Assert.Empty(heard);
    }

    [Fact]
    public async Task Who_is_dialled_must_have_a_certificate_for_that_address()
    {
        PeerName name = PeerName.Monitor("mon2");
        ActorSystem elsewhere = Create(MonitorSystem, "", Setup(_ours.Certificate(name, addresses: ["10.0.0.2"])));
        ConcurrentQueue<object> heard = new();
        elsewhere.ActorOf(Props.Create(() => new Listener(heard)), "listener");
        ActorSelection to = _monitor.ActorSelection($"{AddressOf(elsewhere)}/user/listener");
        await Eventually.True(
            () =>
            {
                to.Tell(Word("secret"));
                return _refused.Any(r => r.Contains("not for the address 127.0.0.1", StringComparison.Ordinal));
            },
            "the monitor refuses to speak to it");
        Assert.Empty(heard);
    }

    [Fact]
    public async Task New_certificates_of_a_new_authority_are_shown_without_a_restart()
    {
        ActorSystem agent = Agent(_ours.Issue("db1", PeerName.Agent("C1", "db1")));
        Assert.True(await IsHeardAsync(agent, "before"));
        string before = _store.Current.Own.Thumbprint;
        _ours.Renew();
        Assert.True(_store.Refresh());
        _ours.Issue("mon1", PeerName.Monitor("mon1"));
        Assert.True(_store.Refresh());
        Assert.NotEqual(before, _store.Current.Own.Thumbprint);
        _ours.ForgetOld();
        Assert.True(_store.Refresh());

        // Whoever connects from now on trusts the new authority alone, and is trusted by its certificate alone.
        ActorSystem later = Agent(_ours.Issue("db2", PeerName.Agent("C1", "db2")), PeerName.Agent("C1", "db2"));
        Assert.True(await IsHeardAsync(later, "after"));
        // The connection that was there is still good.
        Assert.True(await IsHeardAsync(agent, "on the old connection"));
    }

    /// <summary>Akka by itself shuts the whole node down then: whoever dials a monitor with an expired certificate, or one that dies in the middle of its handshake, would go with it.</summary>
    [Theory]
    [InlineData("closes at once")]
    [InlineData("is no TLS")]
    [InlineData("has an expired certificate")]
    public async Task Whoever_is_dialled_and_fails_the_handshake_takes_nobody_with_it(string which)
    {
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Start();
        using X509Certificate2 expired = _ours.Certificate(PeerName.Monitor("mon2"), days: 5, from: TestInstallation.Now.AddDays(-20));
        int dialled = 0;
        Task answering = AnswerAsync();
        ActorSelection to = _monitor.ActorSelection($"akka.ssl.tcp://{MonitorSystem}@{peer.LocalEndpoint}/user/listener");

        await Eventually.True(
            () =>
            {
                to.Tell(Word("is anybody there"));
                return Volatile.Read(ref dialled) >= 3;
            },
            "it is dialled again and again");

        await StillServesAsync();
        Assert.False(_monitor.WhenTerminated.IsCompleted);
        Assert.Null(CoordinatedShutdown.Get(_monitor).ShutdownReason);
        peer.Stop();
        await Assert.ThrowsAnyAsync<SocketException>(() => answering);

        async Task AnswerAsync()
        {
            while (true)
            {
                using TcpClient caller = await peer.AcceptTcpClientAsync();
                Interlocked.Increment(ref dialled);
                if (which == "is no TLS")
                    await caller.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
                if (which == "has an expired certificate")
                    await HandshakeAsync(caller);
            }
        }

        async Task HandshakeAsync(TcpClient caller)
        {
            await using SslStream tls = new(caller.GetStream());
            try
            {
                await tls.AuthenticateAsServerAsync(expired, clientCertificateRequired: false, checkCertificateRevocation: false);
                // With TLS 1.3 this side is done before the other one has looked at the certificate.
                await tls.ReadExactlyAsync(new byte[1]);
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
            }
        }
    }

    [Fact]
    public async Task A_certified_peer_that_sends_what_is_no_message_of_ours_is_not_heard_and_breaks_nothing()
    {
        ActorSystem rogue = Create("mmm-agent", "akka.actor.serialize-messages = off", Setup(_ours.Certificate(PeerName.Agent("C1", "db1"))), ours: false);
        ActorSelection to = rogue.ActorSelection($"{AddressOf(_monitor)}/user/listener");
        foreach (object message in new object[] { "text", 42, new Dictionary<string, object> { ["$type"] = "System.IO.FileInfo, System.Private.CoreLib" }, new byte[100_000] })
            to.Tell(message);
        await StillServesAsync();
        // Akka reads plain texts, numbers and bytes by itself; nothing is ever made of what a peer says its type is.
        Assert.All(_heard, m => Assert.True(m is BootstrapProtocol.Hello or string or int or byte[], m.GetType().Name));
    }

    private async Task StartAgainAsync(string[] revoked)
    {
        await _monitor.Terminate();
        _systems.Remove(_monitor);
        (_monitor, _store) = Certified(
            MonitorSystem, _ours.Issue("mon1", PeerName.Monitor("mon1")) with { Revoked = [.. revoked] }, PeerName.Monitor("mon1"), (peer, why) => _refused.Enqueue($"{peer}: {why}"));
        _monitor.ActorOf(Props.Create(() => new Listener(_heard)), "listener");
    }

    private ActorSelection ListenerFor(ActorSystem from, string protocol = "akka.ssl.tcp") => from.ActorSelection($"{AddressOf(_monitor).WithProtocol(protocol)}/user/listener");

    private void OnlyTheWitnessIsHeard() => Assert.All(_heard, m => Assert.Equal(Witness, Assert.IsType<BootstrapProtocol.Hello>(m).Monitor));

    private async Task StillServesAsync()
    {
        PeerName name = PeerName.Agent("C1", Witness);
        Assert.True(await IsHeardAsync(Agent(_ours.Issue(Witness, name), name), Witness));
    }

    private async Task<bool> IsHeardAsync(ActorSystem from, string word)
    {
        ActorSelection to = from.ActorSelection($"{AddressOf(_monitor)}/user/listener");
        await Eventually.True(
            () =>
            {
                to.Tell(Word(word));
                return _heard.OfType<BootstrapProtocol.Hello>().Any(h => h.Monitor == word);
            },
            $"'{word}' is heard");
        return true;
    }

    /// <summary>False: the monitor ends the connection of who shows this certificate, or none.</summary>
    private async Task<bool> HandshakeAsync(X509Certificate2? own)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", AddressOf(_monitor).Port!.Value, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream(), false, (_, shown, _, _) => shown is not null, own is null ? null : (_, _, _, _, _) => own);
        try
        {
            await tls.AuthenticateAsClientAsync("127.0.0.1");
            // With TLS 1.3 the client is done before it is judged; Akka speaks first only to those it has let in, and says nothing within this time otherwise.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            return await tls.ReadAsync(new byte[1], limit.Token) > 0;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return false;
        }
    }

    private ActorSystem Agent(TlsSettings files, PeerName? name = null) => Certified(WellKnown.AgentSystem, files, name ?? PeerName.Agent("C1", "db1")).System;

    private ActorSystem Rogue(X509Certificate2 certificate) => Create("mmm-agent", "", Setup(certificate));

    private static ActorSystemSetup Setup(X509Certificate2 certificate) => ActorSystemSetup.Create(new Akka.Remote.Transport.DotNetty.DotNettySslSetup(certificate, false, true, (shown, _, _, _, _) => shown is not null));

    private (ActorSystem System, CertificateStore Store) Certified(string system, TlsSettings files, PeerName name, Action<string, string>? refused = null)
    {
        CertificateStore store = CertificateStore.Open(files, name, "127.0.0.1", TimeProvider.System);
        var gate = new PeerGate(store, WellKnown.AgentSystem);
        if (refused is not null)
            gate.Refused += refused;
        return (Create(system, CertifiedRemoting.Render(), ActorSystemSetup.Create(gate.Setup(), new CertificateSetup(store))), store);
    }

    private ActorSystem Create(string name, string more, ActorSystemSetup? setup, bool ours = true)
    {
        Config config = ConfigurationFactory.ParseString(
            RemotingHocon.Render() + "\n" + (ours ? WireSerialization.Hocon() + "\n" : "") + (setup is null ? "" : "akka.remote.dot-netty.tcp.enable-ssl = on\n") +
            """
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp.hostname = 127.0.0.1
            akka.remote.dot-netty.tcp.port = 0
            akka.remote.dot-netty.tcp.connection-timeout = 2s
            akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
            """ + "\n" + more);
        BootstrapSetup bootstrap = BootstrapSetup.Create().WithConfig(config);
        ActorSystem system = ActorSystem.Create(name, (setup ?? ActorSystemSetup.Empty).And(bootstrap));
        _systems.Add(system);
        return system;
    }

    private static BootstrapProtocol.Hello Word(string word) => new(word, 1, InCluster: false, null, []);

    private static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    private sealed class Counter : ReceiveActor
    {
        public Counter(Action count) => ReceiveAny(_ => count());
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<object> heard) => ReceiveAny(heard.Enqueue);
    }
}
