using Mmm.Shared.Messages;

namespace Mmm.Shared.Decisions;

/// <summary>
/// What a step wants done. Order of carrying out: <see cref="StoreDocument"/> first, and nothing else before a quorum has stored it; then the
/// others in list order. When storing is refused none of them is carried out: the coordinator steps down.
/// </summary>
public abstract record Effect;

/// <summary>Write the document into the ledger under (the coordinator's epoch, <paramref name="Version"/>).</summary>
public sealed record StoreDocument(long Version, ClusterDocument Document) : Effect;

/// <summary>Send an agent its whole wanted state.</summary>
public sealed record SendOrder(AgentProtocol.HostOrder Order) : Effect;

/// <summary>Have the agent of a host that can be reached pass an order on to one that cannot.</summary>
/// <param name="Via">MMM's name of the host that can.</param>
/// <param name="Order">For the other.</param>
public sealed record RelayOrder(string Via, AgentProtocol.HostOrder Order) : Effect;

/// <summary>Have the granters of all monitors take from a host what it does not have any more.</summary>
public sealed record SendWithdraw(LeaseProtocol.Withdraw Withdraw) : Effect;

/// <summary>Tell the granters of all monitors which generation of the voters is decided.</summary>
public sealed record TellVoters(LeaseProtocol.VotersDecided Decided) : Effect;

/// <summary>Tell the agent of a host that another machine has vanished.</summary>
/// <param name="To">MMM's name of the host that is told.</param>
/// <param name="Vanished">The other.</param>
public sealed record TellVanished(string To, AgentProtocol.PeerVanished Vanished) : Effect;

/// <summary>Answer an operator.</summary>
public sealed record GiveAnswer(ControlProtocol.Answer Answer) : Effect;

/// <summary>Run kill_host_bin: the host is down and its agent cannot be told to drop its roles.</summary>
/// <param name="Host">MMM's name.</param>
/// <param name="PingOk">Second argument of the hook: 1 when the host still answers pings.</param>
public sealed record KillHost(string Host, bool PingOk) : Effect;

/// <summary>Have every vantage check this server now: its agent says mysqld died.</summary>
public sealed record LookAgain(string Host) : Effect;

/// <param name="State">After the event.</param>
/// <param name="Effects">In order.</param>
public sealed record StepResult(ClusterState State, System.Collections.Immutable.ImmutableArray<Effect> Effects);
