using System.Security.Cryptography;
using System.Text.Json;

namespace Mmm.Lab;

/// <summary>Passwords of one lab: random, in one file only its owner can read, never on a command line or in a log.</summary>
public sealed record LabSecrets(string Root, string Monitor, string Agent, string Replication, string App, string HttpToken)
{
    public const string MonitorUser = "mmm_monitor";
    public const string AgentUser = "mmm_agent";
    public const string ReplicationUser = "replication";

    /// <summary>The application's user: no SUPER, no READ ONLY ADMIN, so read_only holds for it.</summary>
    public const string AppUser = "app";

    public static LabSecrets Create()
    {
        static string Next() => RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 24);
        return new(Next(), Next(), Next(), Next(), Next(), Next());
    }

    public static LabSecrets Read(LabPaths paths) => JsonSerializer.Deserialize<LabSecrets>(File.ReadAllText(paths.SecretsFile))!;

    public void Write(LabPaths paths)
    {
        PrivateFile.Write(paths.SecretsFile, JsonSerializer.Serialize(this));
        PrivateFile.Write(paths.TokenFile, HttpToken + "\n");
    }

    public override string ToString() => "(secrets)";
}
