using System.Text;

namespace Mmm.Lab.Config;

/// <summary>Writes the configuration files of the lab's monitors and agents: one that all share and one per node that includes it.</summary>
internal static class LabConfig
{
    public static string FileOf(LabPaths paths, LabHost host) => Path.Combine(paths.Configs, $"{host.Name}.conf");

    public static void Write(LabPlan plan, LabPaths paths, LabSecrets secrets)
    {
        WriteCommon(plan, paths, secrets, plan.MonitorHosts);
        foreach (LabHost host in plan.Hosts.Where(h => LabPrograms.Of(plan, h).Contains(LabPrograms.Monitor)))
            PrivateFile.Write(FileOf(paths, host), Monitor(plan, paths, secrets, host));
        LabHaProxy.Write(plan, paths);
        foreach (LabHost host in plan.DatabaseHosts)
            PrivateFile.Write(FileOf(paths, host), Agent(plan, paths, host));
    }

    /// <summary>The part that all share.</summary>
    public static void WriteCommon(LabPlan plan, LabPaths paths, LabSecrets secrets, IEnumerable<LabHost> monitors, string? file = null) =>
        PrivateFile.Write(file ?? paths.CommonConfig, Common(plan, paths, secrets, monitors));

    private static string Common(LabPlan plan, LabPaths paths, LabSecrets secrets, IEnumerable<LabHost> monitors)
    {
        StringBuilder text = new();
        text.Append("# Shared by all nodes of this lab. What is not set here has its default in mmm.reference.conf.\n\nmonitors {\n");
        foreach (LabHost host in monitors)
            text.Append($"  {host.Name} {{ address = \"{host.Ip}\", port = {LabPlan.MonitorPort}, http_port = {LabPlan.HttpPort} }}\n");
        text.Append($$"""
            }

            {{(plan.Options.PlainText ? "tls.required = off" : $"tls.ca_file = \"{LabCertificates.Authority(paths)}\"")}}

            cluster_defaults {
              monitor_user = {{LabSecrets.MonitorUser}}
              monitor_password = "{{secrets.Monitor}}"
              agent_user = {{LabSecrets.AgentUser}}
              agent_password = "{{secrets.Agent}}"
              replication_user = {{LabSecrets.ReplicationUser}}
              replication_password = "{{secrets.Replication}}"

              # A lab is there to watch hosts go and come back, without an operator; its replicas reconnect every second.
              auto_set_online = 1s
              master_connect_retry = 3s
              # All of it is on one disk, which has other work too: nothing here may move because of a slow sync.
              disk { timeout = 60s }
              host_defaults { mysql_admin_port = {{LabPlan.AdminPort}} }
            {{(plan.Options.SemiSync ? "  replication { semi_sync = prefer, semi_sync_timeout = 1s }" : "")}}
            }

            cluster {{LabPlan.ClusterName}} {
              hosts {

            """);
        foreach (LabHost host in plan.DatabaseHosts)
            text.Append($"    {host.Name} {{ ip = \"{host.Ip}\", mode = {(host.Kind == LabHostKind.Slave ? "slave" : host.Peer is null ? "master" : $"master, peer = {host.Peer}")} }}\n");
        string all = string.Join(", ", plan.DatabaseHosts.Select(h => h.Name));
        string readers = string.Join(", ", plan.ReaderIps.Select(ip => $"\"{ip}\""));
        text.Append($$"""
              }
              roles {
                {{LabPlan.WriterRole}} { mode = exclusive, hosts = [{{string.Join(", ", plan.Masters.Select(m => m.Name))}}], ips = ["{{plan.WriterIp}}"] }
                {{LabPlan.ReaderRole}} { mode = balanced, hosts = [{{all}}], ips = [{{readers}}] }
              }
            }

            {{plan.Options.ExtraConfig}}

            """);
        return text.ToString();
    }

    private static string Own(LabPlan plan, string pair) => plan.Options.PlainText ? "" : $"tls {{ cert_file = \"{pair}.crt\", key_file = \"{pair}.key\" }}";

    private static string Monitor(LabPlan plan, LabPaths paths, LabSecrets secrets, LabHost host) => $$"""
        include required("{{Path.GetFileName(paths.CommonConfig)}}")

        this = {{host.Name}}
        {{Own(plan, LabCertificates.OfMonitor(paths, host))}}

        monitor {
          state_dir = "{{paths.StateDir(host.Name, "monitor")}}"
          ping_ips = ["{{plan.SwitchIp}}"]
          http {
            bind = "{{host.Ip}}"
            token_file = "{{paths.TokenFile}}"
          }
        }

        """;

    private static string Agent(LabPlan plan, LabPaths paths, LabHost host) => $$"""
        include required("{{Path.GetFileName(paths.CommonConfig)}}")

        this = {{host.Name}}
        {{Own(plan, LabCertificates.OfAgent(paths, host))}}

        agent {
          state_dir = "{{paths.StateDir(host.Name, "agent")}}"
          mysql_socket = "{{paths.MysqlSocket(host.Name)}}"
          mysql_pid_file = "{{paths.MysqlPidFile(host.Name)}}"
          http { bind = "{{host.Ip}}", port = {{LabPlan.AgentHttpPort}} }
        }

        """;
}
