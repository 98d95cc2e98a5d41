using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mmm.Shared.Api;

/// <summary>
/// JSON of the monitors' and the agents' HTTP API, for the server and its clients: camelCase, enums as words, fields that are required in C#
/// required on the wire (a missing one is an error, never a silent 0), unknown fields ignored so that releases may differ.
/// Source-generated: nothing is reflected over at start.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ClusterList))]
[JsonSerializable(typeof(ClusterEntry))]
[JsonSerializable(typeof(ClusterReading))]
[JsonSerializable(typeof(Messages.StatusProtocol.ClusterSnapshot))]
[JsonSerializable(typeof(HostsReading))]
[JsonSerializable(typeof(HostReading))]
[JsonSerializable(typeof(ExplanationReading))]
[JsonSerializable(typeof(RolesReading))]
[JsonSerializable(typeof(RoleReading))]
[JsonSerializable(typeof(RoleExplanationReading))]
[JsonSerializable(typeof(ChecksReading))]
[JsonSerializable(typeof(HostChecksReading))]
[JsonSerializable(typeof(CheckReading))]
[JsonSerializable(typeof(ModeReading))]
[JsonSerializable(typeof(MoveReading))]
[JsonSerializable(typeof(WarningsReading))]
[JsonSerializable(typeof(CommandRequest))]
[JsonSerializable(typeof(CommandAnswer))]
[JsonSerializable(typeof(MonitorsReading))]
[JsonSerializable(typeof(StatusReading))]
[JsonSerializable(typeof(ProblemReading))]
[JsonSerializable(typeof(AgentReading))]
[JsonSerializable(typeof(EventsReading))]
[JsonSerializable(typeof(EventEntry))]
[JsonSerializable(typeof(OperationRequest))]
[JsonSerializable(typeof(OperationReading))]
[JsonSerializable(typeof(ActorsReading))]
[JsonSerializable(typeof(LogReading))]
[JsonSerializable(typeof(LogEntry))]
[JsonSerializable(typeof(RegionReading))]
[JsonSerializable(typeof(ConfigReading))]
[JsonSerializable(typeof(ReloadReading))]
[JsonSerializable(typeof(ReloadsReading))]
[JsonSerializable(typeof(ManagementContracts.Members))]
[JsonSerializable(typeof(ManagementContracts.Member))]
[JsonSerializable(typeof(ManagementContracts.Message))]
[JsonSerializable(typeof(ManagementContracts.Shards))]
[JsonSerializable(typeof(ManagementContracts.Regions))]
[JsonSerializable(typeof(ManagementContracts.SeedNodes))]
[JsonSerializable(typeof(ManagementContracts.RemoteAddress))]
[JsonSerializable(typeof(ManagementContracts.Receptionist))]
[JsonSerializable(typeof(ManagementContracts.Unavailable))]
public sealed partial class ApiJson : JsonSerializerContext;

/// <summary>How <see cref="ApiJson"/> is written.</summary>
public static class ApiFormat
{
    /// <summary>
    /// What both sides use: <c>'db2'</c> stays readable for people with curl. The encoder's "unsafe" speaks of JSON pasted into
    /// HTML; these bodies are served as JSON with <c>nosniff</c>.
    /// </summary>
    public static readonly ApiJson Wire = new(new JsonSerializerOptions(ApiJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The same, indented, for people.</summary>
    public static readonly ApiJson Pretty = new(new JsonSerializerOptions(Wire.Options) { WriteIndented = true });
}
