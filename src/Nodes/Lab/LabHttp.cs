using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mmm.Lab.Config;
using Mmm.Lab.Processes;
using Mmm.Shared.Api;
using Mmm.Shared.Security;

namespace Mmm.Lab;

/// <summary>The monitors' and agents' endpoints as seen from outside the lab: connections go through the lab's keeper.</summary>
public sealed class LabHttp : IDisposable
{
    private readonly LabPlan _plan;
    private readonly HttpClient _client;

    internal LabHttp(LabPlan plan, LabPaths paths, LabSecrets secrets, KeeperClient keeper)
    {
        _plan = plan;
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
            ConnectCallback = async (context, ct) => await keeper.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, ct),
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (sender, certificate, _, _) =>
            new PeerRule(Shared.Security.Certificates.ReadAuthorities(LabCertificates.Authority(paths), File.ReadAllText), [])
                .WhyNotOut(certificate as X509Certificate2, [], PeerKind.Monitor, ((SslStream)sender).TargetHostName, TimeProvider.System.GetUtcNow()) is null;
        _client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secrets.HttpToken);
    }

    /// <summary>What a monitor shows of the lab's cluster; null when it cannot be reached or knows nothing yet.</summary>
    public Task<ClusterReading?> ReadAsync(string monitor, CancellationToken ct = default) =>
        ReadAsync(monitor, ApiPaths.Cluster(LabPlan.ClusterName), ApiJson.Default.ClusterReading, ct);

    /// <summary>The monitors as one of them sees them; null when it cannot be reached.</summary>
    public Task<MonitorsReading?> MonitorsAsync(string monitor, CancellationToken ct = default) =>
        ReadAsync(monitor, ApiPaths.Monitors, ApiJson.Default.MonitorsReading, ct);

    /// <summary>The freshest picture any monitor has; null when no monitor answers with one.</summary>
    public async Task<ClusterReading?> FreshestAsync(CancellationToken ct = default)
    {
        ClusterReading?[] all = await Task.WhenAll(_plan.Hosts.Where(h => LabPrograms.Of(_plan, h).Contains(LabPrograms.Monitor)).Select(m => ReadAsync(m.Name, ct)));
        return all.OfType<ClusterReading>().Where(r => !r.Stale).OrderByDescending(r => r.Snapshot.Decision).ThenByDescending(r => r.Snapshot.Seq).FirstOrDefault();
    }

    /// <summary>Any GET, for looking around: status and body.</summary>
    public Task<(HttpStatusCode Status, string Body)> GetAsync(string monitor, string path, CancellationToken ct = default) => GetAsync(Url(monitor, path), ct);

    /// <summary>As <see cref="GetAsync(string, string, CancellationToken)"/>, of a host's agent.</summary>
    public Task<(HttpStatusCode Status, string Body)> GetOfAgentAsync(string host, string path, CancellationToken ct = default) =>
        GetAsync(new Uri($"http://{_plan[host].Ip}:{LabPlan.AgentHttpPort}{path}"), ct);

    /// <summary>Any GET at any address of the lab.</summary>
    public async Task<(HttpStatusCode Status, string Body)> GetAsync(Uri url, CancellationToken ct = default)
    {
        using HttpResponseMessage response = await _client.GetAsync(url, ct);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(ct));
    }

    /// <summary>The time by a monitor's own clock, in whole seconds (the Date of an answer); null when it cannot be reached.</summary>
    public async Task<DateTimeOffset?> ClockAsync(string monitor, CancellationToken ct = default)
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(Url(monitor, ApiPaths.Monitors), ct);
            return response.Headers.Date;
        }
        catch (Exception e) when (e is HttpRequestException or LabException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<T?> ReadAsync<T>(string monitor, string path, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(Url(monitor, path), ct);
            if (response.StatusCode != HttpStatusCode.OK)
                return null;
            return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(ct), type);
        }
        catch (Exception e) when (e is HttpRequestException or LabException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    private Uri Url(string monitor, string path) => new($"{(_plan.Options.PlainText ? "http" : "https")}://{_plan[monitor].Ip}:{LabPlan.HttpPort}{path}");
}
