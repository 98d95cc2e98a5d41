using Akka.Actor;
using Akka.Event;
using Mmm.Actors.Configuration;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Security;

/// <summary>Looks for new certificates now and then, says when the node's own comes to its end, and who was refused.</summary>
public sealed class CertificateActor : ReceiveActor, IWithTimers
{
    /// <summary>Who replaces a certificate waits for it; reading three small files costs nothing.</summary>
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_remindEvery = TimeSpan.FromHours(12);

    /// <summary>A stranger who tries again and again is one line in the log, now and then.</summary>
    private static readonly TimeSpan s_sayAgainAfter = TimeSpan.FromMinutes(1);

    private const int MostRemembered = 200;

    private readonly CertificateStore _store;
    private readonly PeerGate _gate;
    private readonly TimeProvider _time;
    private readonly Dictionary<Turned, long> _said = [];
    private readonly Action<string, string> _onRefused;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private string? _problem;
    private long? _reminded;

    /// <inheritdoc cref="Props"/>
    public CertificateActor(CertificateStore store, PeerGate gate, TimeProvider time)
    {
        (_store, _gate, _time) = (store, gate, time);
        IActorRef self = Self;
        _onRefused = (peer, why) => self.Tell(new Turned(peer, why));
        Receive<Look>(_ => OnLook());
        Receive<Turned>(OnTurned);
        Receive<SettingsTaken>(OnTaken);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="store">Whose files are looked at.</param>
    /// <param name="gate">Who was refused.</param>
    /// <param name="time">Clock.</param>
    public static Props Props(CertificateStore store, PeerGate gate, TimeProvider time) => Akka.Actor.Props.Create(() => new CertificateActor(store, gate, time));

    protected override void PreStart()
    {
        _log.Info("This node is {0}; its certificate is good until {1:u}.", _store.Current.Name, _store.Current.Ends);
        _gate.Refused += _onRefused;
        Context.System.EventStream.Subscribe(Self, typeof(SettingsTaken));
        Self.Tell(new Look());
    }

    protected override void PostStop()
    {
        _gate.Refused -= _onRefused;
        Context.System.EventStream.Unsubscribe(Self);
    }

    private void OnTaken(SettingsTaken taken)
    {
        if (!taken.Change.Touches(SettingsChange.Revoked) || taken.Change.Effective.Tls is not { } tls)
            return;
        _store.Revoke(tls.Revoked);
        _log.Info("Certificates that are good for nothing from now on, for new connections: {0}", tls.Revoked.IsEmpty ? "none" : string.Join(", ", tls.Revoked));
    }

    private void OnTurned(Turned refused)
    {
        if (_said.TryGetValue(refused, out long at) && _time.GetElapsedTime(at) < s_sayAgainAfter)
            return;
        if (_said.Count >= MostRemembered)
            _said.Clear();
        _said[refused] = _time.GetTimestamp();
        _log.Warning("No connection with {0}: {1}", refused.Peer, refused.Why);
    }

    private void OnLook()
    {
        try
        {
            if (_store.Refresh())
            {
                _log.Info("New certificates are in use for new connections: {0} until {1:u}, {2} authorities.", _store.Current.Name, _store.Current.Ends, _store.Current.Authorities.Count);
                _reminded = null;
            }

            _problem = null;
        }
        catch (CertificateException e)
        {
            // Once: the files may be in the middle of being copied, or stay like this for days.
            if (_problem != e.Message)
                _log.Warning("The certificate files have changed and cannot be used; the node goes on with the ones it has: {0}", e.Message);
            _problem = e.Message;
        }

        Remind();
        Timers.StartSingleTimer(typeof(Look), new Look(), s_every);
    }

    private void Remind()
    {
        if ((_reminded is { } at && _time.GetElapsedTime(at) < s_remindEvery) || _store.Current.Ending(_store.Now) is not { } ending)
            return;
        _reminded = _time.GetTimestamp();
        _log.Warning("{0}", ending);
    }

    private sealed record Look;

    private sealed record Turned(string Peer, string Why);
}
