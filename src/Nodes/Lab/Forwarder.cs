using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Mmm.Lab.Processes;

namespace Mmm.Lab;

/// <summary>
/// Makes the monitors' management endpoints reachable on this machine's loopback, where a browser can see them: a background
/// process that passes connections through the lab's keeper. The lab itself adds nothing to the machine's network.
/// </summary>
internal sealed class Forwarder
{
    /// <summary>First port tried for mon1, and so on; a taken one is replaced by a free one.</summary>
    private const int FirstPort = 8581;

    /// <summary>The process and where it listens; recorded in the lab's folder.</summary>
    public sealed record Listening(int Pid, long StartTicks, IReadOnlyDictionary<string, int> Ports);

    public static Listening? Read(LabPaths paths) => File.Exists(paths.ForwardFile) ? JsonSerializer.Deserialize<Listening>(File.ReadAllText(paths.ForwardFile), KeeperProtocol.Json) : null;

    /// <summary>Starts it unless it runs.</summary>
    public static async Task StartAsync(LabCluster lab, CancellationToken ct)
    {
        if (Read(lab.Paths) is { } running && new ProcessIdentity(running.Pid, running.StartTicks).IsAlive)
            return;
        File.Delete(lab.Paths.ForwardFile);
        ProcessStartInfo info = new("setsid") { UseShellExecute = false };
        foreach (string argument in (string[])["sh", "-c", "log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1", "sh", Path.Combine(lab.Paths.Logs, "forward.log"),
                     Programs.Dotnet, Programs.Lab, "forward-process", "--dir", lab.Paths.Dir])
            info.ArgumentList.Add(argument);
        foreach ((string name, string value) in Programs.Environment)
            info.Environment[name] = value;
        using Process process = Process.Start(info)!;
        await Wait.UntilAsync("the status pages are forwarded", TimeSpan.FromSeconds(10), _ => Task.FromResult(File.Exists(lab.Paths.ForwardFile)), ct: ct);
    }

    public static async Task<int> RunAsync(string dir)
    {
        LabPaths paths = new(dir);
        using LabCluster lab = LabCluster.Open(paths);
        using CancellationTokenSource end = new();
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c =>
        {
            c.Cancel = true;
            end.Cancel();
        });
        Dictionary<string, int> ports = [];
        List<Task> serving = [];
        foreach (LabHost monitor in lab.Plan.MonitorHosts)
        {
            TcpListener listener = Listen(FirstPort + monitor.Number - 21);
            ports[monitor.Name] = ((IPEndPoint)listener.LocalEndpoint).Port;
            serving.Add(ServeAsync(lab, monitor, listener, end.Token));
        }

        ProcessIdentity self = ProcessIdentity.Of(Environment.ProcessId)!;
        PrivateFile.Replace(paths.ForwardFile, JsonSerializer.Serialize(new Listening(self.Pid, self.StartTicks, ports), KeeperProtocol.Json));
        await Task.WhenAll(serving);
        return 0;
    }

    private static TcpListener Listen(int port)
    {
        TcpListener listener = new(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return listener;
        }
    }

    private static async Task ServeAsync(LabCluster lab, LabHost monitor, TcpListener listener, CancellationToken end)
    {
        try
        {
            while (true)
                _ = PassAsync(lab, monitor, await listener.AcceptSocketAsync(end));
        }
        catch (OperationCanceledException)
        {
            listener.Dispose();
        }
    }

    private static async Task PassAsync(LabCluster lab, LabHost monitor, Socket caller)
    {
        await using NetworkStream outside = new(caller, ownsSocket: true);
        try
        {
            await using Stream inside = await lab.Keeper.ConnectAsync(monitor.Ip, LabPlan.HttpPort, CancellationToken.None);
            await Tunnel.PumpAsync(outside, (NetworkStream)inside);
        }
        catch (Exception e) when (e is LabException or IOException)
        {
            // The browser sees a closed connection; the monitor is down or the lab is gone.
            Console.Error.WriteLine($"{monitor.Name}: {e.Message}");
        }
    }
}
