using System.Globalization;

namespace Mmm.Lab.Servers;

/// <summary>The columns of SHOW SLAVE STATUS the lab looks at.</summary>
/// <param name="SourceIp">Master_Host.</param>
/// <param name="IoRunning">Slave_IO_Running is Yes (not Connecting).</param>
/// <param name="SqlRunning">Slave_SQL_Running.</param>
/// <param name="SecondsBehind">Null = unknown.</param>
/// <param name="Error">Last IO or SQL error; empty when none.</param>
/// <param name="UsesGtid">Using_Gtid is not No.</param>
public sealed record ReplicaStatus(string SourceIp, bool IoRunning, bool SqlRunning, long? SecondsBehind, string Error, bool UsesGtid)
{
    public bool Runs => IoRunning && SqlRunning;

    internal static ReplicaStatus From(IReadOnlyDictionary<string, string?> row) => new(
        row["Master_Host"] ?? "",
        row["Slave_IO_Running"] == "Yes",
        row["Slave_SQL_Running"] == "Yes",
        row["Seconds_Behind_Master"] is { } s ? long.Parse(s, CultureInfo.InvariantCulture) : null,
        string.Join(' ', new[] { row["Last_IO_Error"], row["Last_SQL_Error"] }.Where(e => !string.IsNullOrEmpty(e))),
        row["Using_Gtid"] != "No");
}
