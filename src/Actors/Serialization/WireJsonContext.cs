using System.Text.Json.Serialization;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Serialization;

/// <summary>
/// Source-generated JSON metadata of every wire record: no reflection over types while messages pass, and nothing outside this
/// list can be written or read. Each record here has its manifest in <see cref="WireManifests"/>.
/// </summary>
[JsonSerializable(typeof(AgentProtocol.HostOrder))]
[JsonSerializable(typeof(AgentProtocol.Report))]
[JsonSerializable(typeof(AgentProtocol.Refused), TypeInfoPropertyName = "AgentRefused")]
[JsonSerializable(typeof(AgentProtocol.Heard))]
[JsonSerializable(typeof(AgentProtocol.Relay))]
[JsonSerializable(typeof(AgentProtocol.AskLastUp))]
[JsonSerializable(typeof(AgentProtocol.LastUp))]
[JsonSerializable(typeof(AgentProtocol.PeerVanished))]
[JsonSerializable(typeof(BootstrapProtocol.Hello))]
[JsonSerializable(typeof(ControlProtocol.Command))]
[JsonSerializable(typeof(ControlProtocol.Answer))]
[JsonSerializable(typeof(ControlProtocol.Ping))]
[JsonSerializable(typeof(HistoryProtocol.Happened))]
[JsonSerializable(typeof(HistoryProtocol.Have))]
[JsonSerializable(typeof(LeaseProtocol.Renew), TypeInfoPropertyName = "LeaseRenew")]
[JsonSerializable(typeof(LeaseProtocol.Granted), TypeInfoPropertyName = "LeaseGranted")]
[JsonSerializable(typeof(LeaseProtocol.Withdraw), TypeInfoPropertyName = "LeaseWithdraw")]
[JsonSerializable(typeof(LeaseProtocol.Withdrawn), TypeInfoPropertyName = "LeaseWithdrawn")]
[JsonSerializable(typeof(LeaseProtocol.Ages), TypeInfoPropertyName = "LeaseAges")]
[JsonSerializable(typeof(LeaseProtocol.Hold), TypeInfoPropertyName = "LeaseHold")]
[JsonSerializable(typeof(LeaseProtocol.Held), TypeInfoPropertyName = "LeaseHeld")]
[JsonSerializable(typeof(LeaseProtocol.VotersDecided), TypeInfoPropertyName = "LeaseVotersDecided")]
[JsonSerializable(typeof(LedgerProtocol.AskHolding), TypeInfoPropertyName = "LedgerAskHolding")]
[JsonSerializable(typeof(LedgerProtocol.Holding), TypeInfoPropertyName = "LedgerHolding")]
[JsonSerializable(typeof(LedgerProtocol.Prepare), TypeInfoPropertyName = "LedgerPrepare")]
[JsonSerializable(typeof(LedgerProtocol.Accept), TypeInfoPropertyName = "LedgerAccept")]
[JsonSerializable(typeof(LedgerProtocol.Promise), TypeInfoPropertyName = "LedgerPromise")]
[JsonSerializable(typeof(LedgerProtocol.Accepted), TypeInfoPropertyName = "LedgerAccepted")]
[JsonSerializable(typeof(LedgerProtocol.Refused), TypeInfoPropertyName = "LedgerRefused")]
[JsonSerializable(typeof(LedgerProtocol.NotVoting), TypeInfoPropertyName = "LedgerNotVoting")]
[JsonSerializable(typeof(LedgerProtocol.ReadCopy), TypeInfoPropertyName = "LedgerReadCopy")]
[JsonSerializable(typeof(LedgerProtocol.Copy), TypeInfoPropertyName = "LedgerCopy")]
[JsonSerializable(typeof(LedgerProtocol.AskStatus), TypeInfoPropertyName = "LedgerAskStatus")]
[JsonSerializable(typeof(LedgerProtocol.Status), TypeInfoPropertyName = "LedgerStatus")]
[JsonSerializable(typeof(SightProtocol.VantageReport))]
[JsonSerializable(typeof(SightProtocol.LookNow))]
[JsonSerializable(typeof(SightProtocol.KeepProbing))]
[JsonSerializable(typeof(SightProtocol.ReplicationSight))]
[JsonSerializable(typeof(StatusProtocol.ClusterSnapshot))]
internal sealed partial class WireJsonContext : JsonSerializerContext
{
    /// <inheritdoc cref="StrictJson.NewOptions"/>
    public static WireJsonContext Strict { get; } = new(StrictJson.NewOptions());
}
