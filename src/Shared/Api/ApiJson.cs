using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mmm.Shared.Api;

/// <summary>
/// JSON of the monitors' HTTP API, for the server and its clients: camelCase, enums as words, fields that are required in C#
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
[JsonSerializable(typeof(ClusterReading))]
[JsonSerializable(typeof(CommandRequest))]
[JsonSerializable(typeof(CommandAnswer))]
[JsonSerializable(typeof(MonitorsReading))]
[JsonSerializable(typeof(ProblemReading))]
[JsonSerializable(typeof(ManagementContracts.Members))]
[JsonSerializable(typeof(ManagementContracts.Member))]
[JsonSerializable(typeof(ManagementContracts.Message))]
[JsonSerializable(typeof(ManagementContracts.Shards))]
[JsonSerializable(typeof(ManagementContracts.SeedNodes))]
[JsonSerializable(typeof(ManagementContracts.RemoteAddress))]
[JsonSerializable(typeof(ManagementContracts.Receptionist))]
[JsonSerializable(typeof(ManagementContracts.Unavailable))]
public sealed partial class ApiJson : JsonSerializerContext;
