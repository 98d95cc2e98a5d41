using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Tests.Ledger;

/// <summary>A rule taken away, to prove that the checker would notice.</summary>
public enum Broken
{
    Nothing,
    QuorumOfTheLiving,
    BlankPretendsEmpty,
    AdoptedIsNotWrittenAgain,
    LowerEpochAccepted,
    AnswerBeforeStore,
    EarlierLifeCounts,
    CopyOfOneIsEnough,
    EpochsShared,
    TwoVotersAtOnce,
}

/// <summary>
/// A small world of the real machines: 3 or 5 keepers, two proposers, a network that loses, doubles and reorders, crashes at any
/// moment (also between storing and answering), loss of up to Q-1 disks, proposers that are replaced. Everything follows from the seed.
/// After every step: whatever a coordinator was told to be stored must be a prefix of all later documents, and must be held by so many
/// disks that no quorum can miss it.
/// </summary>
public sealed class LedgerWorld
{
    private const string Cluster = "C1";

    private readonly Voters _first;
    private readonly Random _random;
    private readonly Broken _broken;
    private readonly Keeper[] _keepers;
    private readonly Proposer[] _proposers;
    private readonly List<(int To, int From, LedgerProtocol.IMessage Message)> _network = [];
    private readonly List<string> _trace = [];
    private readonly SortedDictionary<DecisionId, (string Document, Voters Voters)> _told = [];
    private long _clock = 1000;
    private int _incarnations;
    private int _documents;
    private int _lossesLeft;

    /// <param name="seed">What everything follows from.</param>
    /// <param name="keepers">How many vote at first.</param>
    /// <param name="broken">A rule taken away.</param>
    /// <param name="spares">How many more there are; with any, voters come and go, one with a decision.</param>
    public LedgerWorld(int seed, int keepers, Broken broken = Broken.Nothing, int spares = 0)
    {
        _random = new Random(seed);
        _broken = broken;
        _lossesLeft = Quorum(keepers) - 1;
        _keepers = [.. Enumerable.Range(0, keepers + spares).Select(i => new Keeper($"mon{i + 1}"))];
        _first = Voters.First(_keepers.Take(keepers).Select(k => k.Name));
        _proposers = [new Proposer(), new Proposer()];
        if (seed % 4 != 0 || spares > 0)
            Installed(); // else the first installation is part of the run
        foreach (Keeper k in _keepers)
            Boot(k);
        foreach (Proposer p in _proposers)
            Renew(p);
    }

    /// <summary>How often the voters changed.</summary>
    public long Changes => _told.Values.Max(t => t.Voters.Generation);

    /// <summary>How many documents a coordinator was told to be stored.</summary>
    public int Told => _told.Count;

    /// <summary>The last steps, for a failing seed.</summary>
    public string Trace => string.Join("\n", _trace.TakeLast(60));

    /// <summary>Runs; null when every invariant held, else what was violated.</summary>
    public string? Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step();
            if (Violation() is { } violation)
                return violation;
        }

        return null;
    }

    /// <summary>No more faults: everybody up, the network whole, one proposer. Null when it then opens and stores; else what is stuck.</summary>
    public string? Heal()
    {
        foreach (Keeper k in _keepers)
        {
            FinishStore(k);
            if (k.State is null)
                Boot(k);
        }

        Proposer p = _proposers[0];
        Renew(p);
        Drive(p, LedgerProposer.Open(p.State, 0));
        int told = _told.Count;
        for (int round = 0; round < 200; round++)
        {
            foreach (Keeper k in _keepers)
                CatchUp(k);
            Drive(p, p.State.Phase == ReignPhase.Closed ? LedgerProposer.Open(p.State, 0) : LedgerProposer.Retry(p.State));
            Ask(p);
            foreach (var m in _network.ToArray())
            {
                _network.Remove(m);
                Deliver(m.To, m.From, m.Message);
                foreach (Keeper k in _keepers)
                    FinishStore(k);
            }

            if (Violation() is { } violation)
                return violation;
            if (p.State.Phase == ReignPhase.Serving)
                StoreNext(p);
            if (_told.Count > told + 3 && _keepers.All(k => k.State!.Standing == KeeperStanding.Voting))
                return null;
        }

        return $"stuck: {p.State.Phase} {LedgerSentences.Missing(p.State)}; " + string.Join(", ", _keepers.Select(k => $"{k.Name} {k.State!.Standing} {k.State.Why}"));
    }

    private void Installed()
    {
        var id = new DecisionId(new Epoch(1, "mon1", "first"), 1);
        foreach (Keeper k in _keepers.Where(k => _first.Contains(k.Name) || _random.Next(4) > 0))
            k.Disk = new KeeperRecord(Cluster, _first.Names, 900, [], id.Epoch, id, "/0");
        _told[id] = ("/0", _first);
    }

    private void Step()
    {
        int n = _random.Next(1000);
        Keeper k = _keepers[_random.Next(_keepers.Length)];
        Proposer p = _proposers[_random.Next(_proposers.Length)];
        if (n < 480)
            Network();
        else if (n < 730)
            FinishStore(k);
        else if (n < 790)
            CatchUp(k);
        else if (n < 840)
            Ask(p);
        else if (n < 930 && p.State.Phase == ReignPhase.Serving)
            StoreNext(p);
        else if (n < 935)
            Drive(p, p.State.Phase == ReignPhase.Closed ? LedgerProposer.Open(p.State, 0) : LedgerProposer.Retry(p.State));
        else if (n < 938)
            Renew(p);
        else if (n < 945)
            Crash(k);
        else if (k.State is null)
            Boot(k);
    }

    private void Network()
    {
        if (_network.Count == 0)
            return;
        int at = Math.Max(_random.Next(_network.Count), _random.Next(_network.Count)); // rather recent ones, or nothing would get done
        var (to, from, message) = _network[at];
        int fate = _random.Next(20);
        if (fate > 0 || _network.Count > 60)
            _network.RemoveAt(at); // else it is delivered and stays: a duplicate
        if (fate is 1 or 2)
            return;
        Deliver(to, from, message);
    }

    /// <summary>Addresses: keepers 0..N-1, proposers -1-index-generation*2; a replaced proposer's answers go nowhere.</summary>
    private void Deliver(int to, int from, LedgerProtocol.IMessage message)
    {
        if (to < 0)
        {
            Proposer? p = _proposers.FirstOrDefault(x => x.Address == to);
            if (p is not null && message is LedgerProtocol.IAnswer answer)
                Drive(p, LedgerProposer.Take(p.State, Tampered(answer)));
            return;
        }

        Keeper k = _keepers[to];
        if (k.State is null || k.Pending is not null)
            return; // down, or its queue lost it: the sender sends again
        KeeperStep step = KeeperMachine.Step(StateFor(k, message), Tampered(k, message));
        if (step.Alarm is not null)
            _alarm ??= step.Alarm;
        if (step.Store is null)
        {
            k.State = step.Next;
            Reply(to, from, step.Reply);
            return;
        }

        Log($"{k.Name} stores {step.Store.Promised} {step.Store.Held} for {message.GetType().Name}");
        k.Pending = (step, from);
        if (_broken == Broken.AnswerBeforeStore)
            Reply(to, from, step.Reply);
    }

    private string? _alarm;

    private KeeperState StateFor(Keeper k, LedgerProtocol.IMessage message) =>
        _broken == Broken.LowerEpochAccepted && message is LedgerProtocol.Accept a && k.State!.Record is { } r && a.Id.Epoch < r.Promised
            ? k.State with { Record = r with { Promised = a.Id.Epoch, Held = r.Held < a.Id ? r.Held : DecisionId.None } }
            : k.State!;

    private LedgerProtocol.IMessage Tampered(Keeper k, LedgerProtocol.IMessage message) => (_broken, message) switch
    {
        (Broken.QuorumOfTheLiving, LedgerProtocol.Prepare m) => m with { Keepers = k.State!.Keepers },
        (Broken.QuorumOfTheLiving, LedgerProtocol.Accept m) => m with { Keepers = k.State!.Keepers },
        _ => message,
    };

    private LedgerProtocol.IAnswer Tampered(LedgerProtocol.IAnswer answer) => (_broken, answer) switch
    {
        (Broken.EarlierLifeCounts, LedgerProtocol.Promise m) => m with { Life = 1, Lives = [] },
        (Broken.EarlierLifeCounts, LedgerProtocol.Accepted m) => m with { Life = 1, Lives = [] },
        _ => answer,
    };

    private void FinishStore(Keeper k)
    {
        if (k.Pending is not { } pending)
            return;
        k.Pending = null;
        Durable(k, pending.Step.Store!);
        k.State = pending.Step.Next;
        if (_broken != Broken.AnswerBeforeStore)
            Reply(Array.IndexOf(_keepers, k), pending.From, pending.Step.Reply);

        // The moment at which a lost disk is worst: the answer is on its way and nothing remembers it.
        if (pending.Step.Reply is LedgerProtocol.Accepted or LedgerProtocol.Promise && _lossesLeft > 0 && _told.Count > 0 && _random.Next(20) == 0)
        {
            Crash(k, losesDisk: true);
            Boot(k);
        }
    }

    private void Durable(Keeper k, KeeperRecord record)
    {
        if (k.Disk is { } before && before.Life == record.Life && (record.Promised < before.Promised || record.Held < before.Held) && _broken == Broken.Nothing)
            _alarm ??= $"{k.Name} went down from {before.Promised} {before.Held} to {record.Promised} {record.Held}";
        k.Disk = record;
        k.LostBecause = null;
    }

    private void Crash(Keeper k, bool losesDisk = false)
    {
        if (k.State is null)
            return;
        if (k.Pending is { } pending && _random.Next(2) == 0)
            Durable(k, pending.Step.Store!); // the disk had it, the answer was never sent
        k.Pending = null;
        k.State = null;
        if (losesDisk || (_lossesLeft > 0 && k.Disk is not null && _random.Next(10) == 0))
        {
            _lossesLeft--;
            k.Disk = null;
            // A damaged file before the first document waits for an operator, by design; here it is missing instead.
            k.LostBecause = _told.Count > 0 && _random.Next(2) == 0 ? "checksum" : null;
            Log($"{k.Name} crashes and loses its disk");
            return;
        }

        Log($"{k.Name} crashes");
    }

    private void Boot(Keeper k)
    {
        string[] names = [.. _keepers.Select(x => x.Name)];
        // Now and then the clock is set back.
        long life = _random.Next(10) == 0 ? _clock - _random.Next(5) : ++_clock;
        KeeperState state = KeeperMachine.Start(Cluster, k.Name, names, k.Disk, k.LostBecause, life);
        if (_broken == Broken.BlankPretendsEmpty && state.Record is null)
        {
            k.Disk = new KeeperRecord(Cluster, state.Keepers, life, [], Epoch.None, DecisionId.None, null);
            state = KeeperMachine.Start(Cluster, k.Name, names, k.Disk, null, life);
        }

        k.State = state;
        if (KeeperCatchUp.Settle(state) is { Store: not null } settled)
            k.Pending = (settled, Array.IndexOf(_keepers, k));
        Log($"{k.Name} starts {state.Standing} life {state.Life}");
    }

    private void CatchUp(Keeper k)
    {
        if (k.State is null || k.Pending is not null || KeeperCatchUp.Request(k.State) is not { } request)
            return;
        if (_broken == Broken.CopyOfOneIsEnough && k.State.Copies.Values.FirstOrDefault(c => c.Standing == KeeperStanding.Voting) is { } copy)
        {
            KeeperState voting = KeeperMachine.Start(
                Cluster, k.Name, k.State.Keepers, new KeeperRecord(Cluster, k.State.Keepers, k.State.Life, copy.Lives, copy.Promised, copy.Held, copy.Document, copy.Voters?.Generation ?? 0, copy.Voters?.Before), null, 0);
            Durable(k, voting.Record!);
            k.State = voting;
            return;
        }

        int self = Array.IndexOf(_keepers, k);
        for (int i = 0; i < _keepers.Length; i++)
        {
            if (i != self)
                _network.Add((i, self, request));
        }
    }

    private void Renew(Proposer p)
    {
        _incarnations++;
        p.Address = -_incarnations;
        string[] names = [.. (_broken == Broken.QuorumOfTheLiving ? _keepers.Where(k => k.State is not null) : _keepers).Select(k => k.Name)];
        if (names.Length == 0)
            names = [_keepers[0].Name];
        p.State = LedgerProposer.Create(Cluster, names, "mon1", _broken == Broken.EpochsShared ? "same" : $"i{_incarnations}");
    }

    private void Ask(Proposer p)
    {
        foreach ((string keeper, LedgerProtocol.IMessage message) in LedgerProposer.Outstanding(p.State))
            _network.Add((Array.FindIndex(_keepers, k => k.Name == keeper), p.Address, message));
    }

    private void StoreNext(Proposer p)
    {
        string document = $"{p.State.Document}/{++_documents}";
        Drive(p, LedgerProposer.Store(p.State, p.State.Current.Version + 1, document, NextVoters(p.State.Voters)));
        if (_broken == Broken.TwoVotersAtOnce && _random.Next(4) == 0)
            p.State = p.State with { Voters = p.State.Voters with { Names = [.. _keepers.Select(k => k.Name).OrderBy(_ => _random.Next()).Take(_first.Names.Length).Order(StringComparer.Ordinal)] } };
    }

    /// <summary>Often one more (that has caught up) or one less; never fewer than there were at first, as so many disks may be lost.</summary>
    private Voters? NextVoters(Voters voters)
    {
        if (voters.Before is not null)
            return voters.Settled;
        if (_keepers.Length == _first.Names.Length || _random.Next(2) > 0)
            return null;
        string[] others = [.. _keepers.Where(k => k.State?.Standing == KeeperStanding.Voting).Select(k => k.Name).Where(k => !voters.Contains(k))];
        bool mayShrink = voters.Names.Length > _first.Names.Length;
        if (others.Length == 0 && !mayShrink)
            return null;
        return others.Length > 0 && (!mayShrink || _random.Next(2) == 0) ? voters.With(others[_random.Next(others.Length)]) : voters.Without(voters.Names[_random.Next(voters.Names.Length)]);
    }

    private void Drive(Proposer p, ProposerStep step)
    {
        p.State = step.Next;
        if (_broken == Broken.AdoptedIsNotWrittenAgain && p.State.Phase == ReignPhase.Adopting)
        {
            p.State = p.State with { Phase = ReignPhase.Serving };
            step = new ProposerStep(p.State, false, new ReignOpened(p.State.Current, p.State.Document, p.State.Voters));
        }

        switch (step.Outcome)
        {
            case ReignOpened { Document: { } document } opened:
                Tell(opened.Id, document, opened.Voters);
                break;
            case DocumentStored stored:
                Tell(stored.Id, p.State.Document!, p.State.Voters);
                break;
        }

        if (step.AskNow)
            Ask(p);
    }

    private void Tell(DecisionId id, string document, Voters voters)
    {
        Log($"told {id} {document} [{voters}]");
        if (_told.TryGetValue(id, out (string Document, Voters Voters) other) && other.Document != document)
            _alarm ??= $"two documents stored under {id}: {other.Document} and {document}";
        _told[id] = (document, voters);
    }

    private void Reply(int from, int to, LedgerProtocol.IMessage? message)
    {
        if (message is not null)
            _network.Add((to, from, message));
    }

    private string? Violation()
    {
        if (_alarm is not null)
            return _alarm;
        if (_told.Count == 0)
            return null;
        string previous = "";
        long version = 0;
        foreach ((DecisionId id, (string document, _)) in _told)
        {
            if (!IsPrefix(previous, document) || id.Version < version)
                return $"{document} was stored as {id}, but {previous} was stored before";
            (previous, version) = (document, id.Version);
        }

        (DecisionId last, (_, Voters voters)) = _told.Last();
        Keeper[] voting = [.. _keepers.Where(k => k.Disk is not null)];
        if (voters.HasQuorum(voting.Where(k => k.Disk!.Held < last).Select(k => k.Name)))
            return $"a quorum no longer knows {last}: " + string.Join(", ", voting.Select(k => $"{k.Name} {k.Disk!.Held}"));
        return voting.Where(k => k.Disk!.Held >= last && !IsPrefix(previous, k.Disk.Document!)).Select(k => $"{k.Name} holds {k.Disk!.Document} after {previous} was stored").FirstOrDefault();
    }

    private static bool IsPrefix(string prefix, string document) =>
        document.StartsWith(prefix, StringComparison.Ordinal) && (document.Length == prefix.Length || prefix.Length == 0 || document[prefix.Length] == '/');

    private static int Quorum(int n) => Quorums.Of(n);

    private void Log(string line) => _trace.Add(line);

    private sealed class Keeper(string name)
    {
        public string Name { get; } = name;

        public KeeperState? State { get; set; }

        public KeeperRecord? Disk { get; set; }

        public string? LostBecause { get; set; }

        public (KeeperStep Step, int From)? Pending { get; set; }
    }

    private sealed class Proposer
    {
        public int Address { get; set; }

        public ProposerState State { get; set; } = null!;
    }
}
