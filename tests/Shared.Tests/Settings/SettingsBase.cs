using Mmm.Shared.Settings;

namespace Mmm.Shared.Tests.Settings;

/// <summary>A small valid configuration that tests add a line to.</summary>
internal static class SettingsBase
{
    /// <summary>15 lines: an added line is line 16.</summary>
    public const string Text = """
        this = mon1
        monitors { mon1.address = "10.0.0.1", mon2.address = "10.0.0.2", mon3.address = "10.0.0.3" }
        cluster_defaults { monitor_password = pm, agent_password = pa, replication_password = pr }
        cluster C1 {
          hosts {
            db1 { ip = "10.0.0.11", mode = master, peer = db2 }
            db2 { ip = "10.0.0.12", mode = master, peer = db1 }
            db3 { ip = "10.0.0.13", mode = slave }
          }
          roles {
            writer { mode = exclusive, hosts = [db1, db2], ips = ["10.0.0.50"] }
            reader { mode = balanced, hosts = [db1, db2, db3], ips = ["10.0.0.51", "10.0.0.52"] }
          }
        }
        tls { ca_file = "/ca.crt", cert_file = "/node.crt", key_file = "/node.key" }

        """;

    public static LoadedSettings Read(string added, NodeKind kind = NodeKind.Monitor, Func<string, string?>? environment = null, string? self = null) =>
        ReadFrom(new MemorySource().Add("/mmm.conf", Text + added), kind, environment, self);

    public static LoadedSettings ReadFrom(MemorySource source, NodeKind kind = NodeKind.Monitor, Func<string, string?>? environment = null, string? self = null) =>
        SettingsReader.Read(
            "/mmm.conf",
            source,
            environment ?? (_ => null),
            kind,
            self is null ? null : new Dictionary<string, string> { ["this"] = self });

    public static string[] Problems(string added, NodeKind kind = NodeKind.Monitor, string? self = null) =>
        [.. Xunit.Assert.Throws<SettingsException>(() => Read(added, kind, null, self)).Problems];
}
