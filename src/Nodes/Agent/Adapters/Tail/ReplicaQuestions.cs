using System.Globalization;
using System.Text.RegularExpressions;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>
/// What the IO thread of a replica asks before it asks for events (seen with MariaDB 10.11 and 11.8 and MySQL 9.7), and what is answered in the place of the server that
/// wrote the log. Pure.
/// </summary>
/// <param name="files">Whose log it is.</param>
/// <param name="checksums">The events have checksums.</param>
/// <param name="time">For UNIX_TIMESTAMP().</param>
internal sealed partial class ReplicaQuestions(BinlogFiles files, bool checksums, TimeProvider time)
{
    /// <summary>What is to be sent.</summary>
    public abstract record Reply
    {
        public sealed record Ok : Reply;

        /// <param name="Columns">Their names.</param>
        /// <param name="Row">Null = no row.</param>
        public sealed record Row(IReadOnlyList<string> Columns, IReadOnlyList<string?>? Values) : Reply;

        /// <summary>As a server answers that does not know the variable: replicas go on without what it stands for.</summary>
        public sealed record Unknown(int Number, string State, string Message) : Reply;
    }

    public Reply Answer(string statement)
    {
        string s = statement.Trim().TrimEnd(';');
        if (s.StartsWith("SET ", StringComparison.OrdinalIgnoreCase) || s.StartsWith("KILL ", StringComparison.OrdinalIgnoreCase))
            return new Reply.Ok();
        if (ShowVariable().Match(s) is { Success: true } show)
        {
            string name = show.Groups[1].Value;
            return Known(name) is { } shown ? new Reply.Row(["Variable_name", "Value"], [name.ToLowerInvariant(), shown]) : new Reply.Row(["Variable_name", "Value"], null);
        }

        if (UnixTimestamp().IsMatch(s))
            return new Reply.Row([s["SELECT ".Length..]], [time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)]);
        if (SelectVariable().Match(s) is { Success: true } select)
        {
            string name = select.Groups[1].Value;
            return Known(name) is { } value
                ? new Reply.Row([s["SELECT ".Length..]], [value])
                : new Reply.Unknown(1193, "HY000", $"Unknown system variable '{name}'");
        }

        return new Reply.Unknown(1064, "42000", "This agent serves the binary log of a server that is down, and answers nothing else");
    }

    private string? Known(string variable) => variable.ToLowerInvariant() switch
    {
        "server_id" => files.ServerId.ToString(CultureInfo.InvariantCulture),
        "server_uuid" => files.ServerUuid,
        "gtid_mode" => files.GtidMode,
        "master_binlog_checksum" or "source_binlog_checksum" => checksums ? "CRC32" : "NONE",
        "gtid_domain_id" => "0",
        _ => null,
    };

    [GeneratedRegex("^SELECT UNIX_TIMESTAMP\\(\\)$", RegexOptions.IgnoreCase)]
    private static partial Regex UnixTimestamp();

    [GeneratedRegex("^SHOW (?:GLOBAL )?VARIABLES LIKE '([A-Za-z0-9_]+)'$", RegexOptions.IgnoreCase)]
    private static partial Regex ShowVariable();

    [GeneratedRegex("^SELECT @@?(?:GLOBAL\\.)?([A-Za-z0-9_]+)$", RegexOptions.IgnoreCase)]
    private static partial Regex SelectVariable();
}
