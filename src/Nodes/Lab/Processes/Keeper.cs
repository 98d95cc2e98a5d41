using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using static Mmm.Lab.Processes.KeeperProtocol;

namespace Mmm.Lab.Processes;

/// <summary>
/// The lab's process keeper: one background process per lab. It lives in the lab's own mount and network namespace (the
/// switch), is the parent of everything that runs in the lab, restarts monitors and agents that end by themselves, and lets
/// callers outside reach TCP ports inside. When it is gone the namespaces go with the last process in them.
/// </summary>
internal sealed class Keeper : IDisposable
{
    private readonly LabPaths _paths;
    private readonly Dictionary<string, KeptProcess> _processes = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();

    private Keeper(LabPaths paths) => _paths = paths;

    public static int Run(string dir) => SingleThread.Run(async () =>
    {
        using Keeper keeper = new(new LabPaths(dir));
        return await keeper.ServeAsync();
    });

    public void Dispose() => _end.Dispose();


    private async Task<int> ServeAsync()
    {
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndOn);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => c.Cancel = true);
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        File.Delete(_paths.KeeperSocket);
        listener.Bind(new UnixDomainSocketEndPoint(_paths.KeeperSocket));
        listener.Listen(64);
        try
        {
            while (true)
                _ = AnswerAsync(await listener.AcceptAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
            await EndAllAsync();
            File.Delete(_paths.KeeperSocket);
            return 0;
        }
    }

    private void EndOn(PosixSignalContext context)
    {
        context.Cancel = true;
        _end.Cancel();
    }

    private async Task AnswerAsync(Socket caller)
    {
        await using NetworkStream stream = new(caller, ownsSocket: true);
        try
        {
            Request request = JsonSerializer.Deserialize<Request>(await KeeperClient.ReadLineAsync(stream, CancellationToken.None), Json)!;
            if (request.Op == "connect")
            {
                await TunnelAsync(stream, request);
                return;
            }

            Response response;
            try
            {
                response = await HandleAsync(request);
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or LabException)
            {
                response = new Response(e.Message);
            }

            await WriteAsync(stream, response);
            if (request.Op == "end")
                await _end.CancelAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The caller went away; it will ask again if it still cares.
            Console.Error.WriteLine("caller lost: " + e.Message);
        }
    }

    private async Task<Response> HandleAsync(Request request)
    {
        switch (request.Op)
        {
            case "start":
                if (!_processes.TryGetValue(request.Key!, out KeptProcess? process))
                    _processes[request.Key!] = process = new KeptProcess(request.Key!, Path.Combine(_paths.Records, request.Key!.Replace('/', '-') + ".json"), StartInfo);
                process.Start(request.Process!);
                break;
            case "stop":
                foreach (KeptProcess p in Matching(request.Key!))
                    p.Stop(request.Signal);
                break;
            case "signal":
                foreach (KeptProcess p in Matching(request.Key!))
                    p.Signal(request.Signal);
                break;
            case "end":
                await EndAllAsync();
                break;
            case "list":
                break;
            default:
                return new Response($"unknown operation '{request.Op}'");
        }

        return new Response(null, [.. _processes.Values.Select(p => p.State).OrderBy(s => s.Key, StringComparer.Ordinal)]);
    }

    /// <summary><c>host/program</c>, or <c>host/*</c> for everything on a host.</summary>
    private IEnumerable<KeptProcess> Matching(string key) => key.EndsWith("/*", StringComparison.Ordinal)
        ? _processes.Where(p => p.Key.StartsWith(key[..^1], StringComparison.Ordinal)).Select(p => p.Value)
        : _processes.TryGetValue(key, out KeptProcess? process) ? [process] : throw new LabException($"'{key}' was never started in this lab.");

    private async Task EndAllAsync()
    {
        KeptProcess[] all = [.. _processes.Values];
        foreach (KeptProcess process in all)
            process.Stop(ProcessIdentity.SigKill);
        await Task.WhenAll(all.Select(p => p.Ended));
    }

    /// <summary>Own session, so that a signal reaches its helpers too; the host's network; a /sys that shows that network.</summary>
    private ProcessStartInfo StartInfo(KeptProgram program)
    {
        const string shell = "mount -t sysfs sysfs /sys 2>/dev/null; log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1";
        ProcessStartInfo info = new("setsid") { UseShellExecute = false };
        foreach (string argument in (string[])["nsenter", "--net=" + _paths.NamespaceOf(program.Host), "unshare", "--mount", "--propagation", "private",
                     "sh", "-c", shell, "sh", program.LogFile, .. program.Arguments])
            info.ArgumentList.Add(argument);
        foreach ((string name, string value) in program.Environment)
            info.Environment[name] = value;
        return info;
    }

    private static async Task TunnelAsync(NetworkStream caller, Request request)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(5));
        try
        {
            await socket.ConnectAsync(request.Address!, request.Port, timeout.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            await WriteAsync(caller, new Response($"{request.Address}:{request.Port} cannot be reached: {e.Message}"));
            return;
        }

        await WriteAsync(caller, new Response());
        await using NetworkStream inside = new(socket);
        await Tunnel.PumpAsync(caller, inside);
    }

    private static async Task WriteAsync(NetworkStream stream, Response response) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(response, Json) + "\n"));
}
