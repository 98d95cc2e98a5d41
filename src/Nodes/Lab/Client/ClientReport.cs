using System.Text.Json;

namespace Mmm.Lab.Client;

/// <summary>What the writing client has seen so far.</summary>
/// <param name="Run">Run it speaks of.</param>
/// <param name="Finished">True in the last report of a run that was stopped (not killed).</param>
/// <param name="ElapsedMs">Length of the run.</param>
/// <param name="Acknowledged">Rows whose commit a server acknowledged.</param>
/// <param name="FailedAttempts">Connections and inserts that failed or got no answer in time.</param>
/// <param name="LongestOutageMs">Longest time without an acknowledgement, the present one included.</param>
/// <param name="SinceLastMs">Time since the last acknowledgement; null before the first.</param>
/// <param name="AcknowledgedBy">Rows per acknowledging server_id.</param>
/// <param name="LastServer">server_id that acknowledged last; 0 before the first.</param>
/// <param name="Failures">Failed attempts by kind.</param>
public sealed record ClientReport(
    long Run,
    bool Finished,
    long ElapsedMs,
    long Acknowledged,
    long FailedAttempts,
    long LongestOutageMs,
    long? SinceLastMs,
    IReadOnlyDictionary<int, long> AcknowledgedBy,
    int LastServer,
    IReadOnlyDictionary<string, long> Failures)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The latest report of this lab's client; null when none ever ran.</summary>
    public static ClientReport? Read(LabPaths paths) => File.Exists(paths.ClientReport) ? JsonSerializer.Deserialize<ClientReport>(File.ReadAllText(paths.ClientReport), Json) : null;

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    internal void Write(LabPaths paths) => PrivateFile.Replace(paths.ClientReport, ToJson());
}
