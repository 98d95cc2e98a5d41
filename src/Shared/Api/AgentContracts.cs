using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Api;

/// <summary>What an agent's HTTP endpoint tells of its host, whatever was asked: the status code is the answer, this is for people.</summary>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="Host">MMM's name of the host.</param>
/// <param name="Why">Why the answer is no; null = it is yes.</param>
/// <param name="Writer">Writes may be sent here.</param>
/// <param name="Reader">Reads may be sent here.</param>
/// <param name="State">MMM's state by the latest order; null = no order was ever heard.</param>
/// <param name="Decision">Of that order.</param>
/// <param name="Mysqld">The local mysqld.</param>
/// <param name="Replication">Its replication; null = none is configured or it could not be asked.</param>
/// <param name="Addresses">Role addresses that it holds or shall hold, sorted.</param>
public sealed record AgentReading(
    string Cluster,
    string Host,
    string? Why,
    bool Writer,
    bool Reader,
    string? State,
    DecisionId? Decision,
    AgentMysqldReading Mysqld,
    AgentReplicationReading? Replication,
    ImmutableArray<AgentAddressReading> Addresses);

/// <param name="State">Up, Down, NotAnswering or Unknown.</param>
/// <param name="ReadOnly">@@read_only; null when it could not be asked.</param>
/// <param name="Version">@@version; null when it could not be asked.</param>
/// <param name="Message">Why it is not up; null when it is.</param>
public sealed record AgentMysqldReading(AgentProtocol.MysqldState State, bool? ReadOnly, string? Version, string? Message);

/// <param name="Source">Address and port of the source.</param>
/// <param name="Io">Yes, No, Connecting or Preparing.</param>
/// <param name="Sql">The applying thread runs.</param>
/// <param name="SecondsBehind">Null = unknown.</param>
/// <param name="Error">Last error; null = none.</param>
public sealed record AgentReplicationReading(string Source, string Io, bool Sql, long? SecondsBehind, string? Error);

/// <param name="Address">Role and IP address.</param>
/// <param name="Held">On an interface of the host.</param>
/// <param name="LeaseLeftMs">What is left of its lease, milliseconds; 0 = it has none.</param>
public sealed record AgentAddressReading(RoleAddress Address, bool Held, long LeaseLeftMs);
