using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mmm.Shared.Api;

namespace Mmm.Control.Monitors;

/// <summary>The monitors' HTTP API, whichever of them answers.</summary>
internal sealed class MonitorClient : IDisposable
{
    /// <summary>A monitor on the same network answers a read in a few milliseconds; one that takes longer is probably dead.</summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromMilliseconds(150);

    /// <summary>A command waits for disks of a majority, and during a takeover for the new coordinator.</summary>
    private static readonly TimeSpan CommandPatience = TimeSpan.FromMilliseconds(1500);

    /// <summary>Where every monitor is asked and a silent one is an answer, too.</summary>
    private static readonly TimeSpan OnePatience = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http;
    private readonly TimeSpan _deadline;

    private readonly bool _tls;

    /// <param name="where">Whom to ask, and what to show them.</param>
    /// <param name="deadline">For one question to all of them.</param>
    public MonitorClient(Whereabouts where, TimeSpan deadline)
    {
        Monitors = where.Monitors;
        _deadline = deadline;
        _tls = where.Certificates is not null;
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 16,
        };
        if (where.Certificates is { } certificates)
            handler.SslOptions = certificates.Options();
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 256 * 1024 * 1024 };
        if (where.Token is { } token)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public ImmutableArray<MonitorAddress> Monitors { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>Reads from the first monitor that has a good answer; a less good one is better than none.</summary>
    /// <param name="path">Path below the monitor's address.</param>
    /// <param name="type">Of the answer.</param>
    /// <param name="isGood">False: look whether another monitor has a better one.</param>
    /// <param name="quality">Where none is good, the greatest wins.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <exception cref="CliFailure">None has an answer.</exception>
    public async Task<T> Get<T>(string path, JsonTypeInfo<T> type, Func<T, bool> isGood, Func<T, long> quality, CancellationToken cancel) =>
        (await Answer(Monitors, path, type, isGood, quality, cancel)).Value;

    /// <summary>As <see cref="Get{T}(string, JsonTypeInfo{T}, Func{T, bool}, Func{T, long}, CancellationToken)"/> where any answer is as good as another.</summary>
    public Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) => Get(path, type, _ => true, _ => 0, cancel);

    /// <summary>As <see cref="Get{T}(string, JsonTypeInfo{T}, Func{T, bool}, Func{T, long}, CancellationToken)"/>, of these monitors, and says which of them it was.</summary>
    /// <exception cref="CliFailure">None has an answer.</exception>
    public async Task<Attempt<T>.Answered> Answer<T>(
        ImmutableArray<MonitorAddress> monitors, string path, JsonTypeInfo<T> type, Func<T, bool> isGood, Func<T, long> quality, CancellationToken cancel)
    {
        ImmutableArray<Attempt<T>> attempts = await Hedge.Ask(
            monitors, (monitor, token) => Send(monitor, HttpMethod.Get, path, null, type, isGood, token), ReadPatience, _deadline, cancel);
        return Best(attempts, quality, lookWith: null);
    }

    public Task<Attempt<T>.Answered> Answer<T>(ImmutableArray<MonitorAddress> monitors, string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        Answer(monitors, path, type, _ => true, _ => 0, cancel);

    /// <summary>Reads from this very monitor; a failure is an answer, too.</summary>
    public async Task<Attempt<T>> Try<T>(MonitorAddress monitor, string path, JsonTypeInfo<T> type, CancellationToken cancel) => (await Hedge.Ask(
        [monitor], (m, token) => Send(m, HttpMethod.Get, path, null, type, _ => true, token), ReadPatience, _deadline < OnePatience ? _deadline : OnePatience, cancel)).Single();

    /// <summary>Has this very monitor do something; a failure is an answer, too.</summary>
    public async Task<Attempt<T>> Do<T>(MonitorAddress monitor, string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        (await Hedge.Ask([monitor], (m, token) => Send(m, HttpMethod.Post, path, null, type, _ => true, token), CommandPatience, _deadline, cancel)).Single();

    /// <summary>Changes something of the monitors' own cluster by Akka's management routes; the next monitor is asked where one does not take it.</summary>
    /// <param name="monitors">In the order of preference.</param>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path below the monitor's address.</param>
    /// <param name="field">Of the form.</param>
    /// <param name="value">Of that field.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <returns>What the monitor says of it.</returns>
    /// <exception cref="CliFailure">None has taken it.</exception>
    public async Task<string> Manage(ImmutableArray<MonitorAddress> monitors, HttpMethod method, string path, string field, string value, CancellationToken cancel)
    {
        ImmutableArray<Attempt<ManagementContracts.Message>> attempts = await Hedge.Ask(
            monitors,
            (monitor, token) => Send(monitor, method, path, () => new FormUrlEncodedContent([new(field, value)]), ApiFormat.Wire.Message, _ => true, token),
            CommandPatience,
            _deadline,
            cancel);
        return Best(attempts, _ => 0, lookWith: "mmm cluster show").Value.Text;
    }

    /// <summary>Gives a command. It may reach the coordinator through several monitors; its id makes the second harmless.</summary>
    /// <exception cref="CliFailure">No monitor brought an answer.</exception>
    public async Task<CommandAnswer> Command(string cluster, CommandRequest request, CancellationToken cancel)
    {
        ImmutableArray<Attempt<CommandAnswer>> attempts = await Hedge.Ask(
            Monitors,
            (monitor, token) => Send(
                monitor, HttpMethod.Post, ApiPaths.Commands(cluster), () => JsonContent.Create(request, ApiFormat.Wire.CommandRequest), ApiFormat.Wire.CommandAnswer, _ => true, token),
            CommandPatience,
            _deadline,
            cancel);
        return Best(attempts, _ => 0, lookWith: "mmm show").Value;
    }

    private async Task<Attempt<T>> Send<T>(
        MonitorAddress monitor, HttpMethod method, string path, Func<HttpContent>? body, JsonTypeInfo<T> type, Func<T, bool> isGood, CancellationToken cancel)
    {
        try
        {
            using HttpRequestMessage request = new(method, new Uri(monitor.Base(_tls), path)) { Content = body?.Invoke() };
            using HttpResponseMessage response = await _http.SendAsync(request, cancel);
            if (response.StatusCode != HttpStatusCode.OK)
                return await Problem<T>(monitor, response, cancel);
            T? value = await response.Content.ReadFromJsonAsync(type, cancel);
            return value is null
                ? NotUnderstood<T>(monitor)
                : new Attempt<T>.Answered(monitor, value, isGood(value));
        }
        catch (JsonException)
        {
            return NotUnderstood<T>(monitor);
        }
        catch (HttpRequestException e) when (Refusal(e) is { } refusal)
        {
            return new Attempt<T>.Failed(monitor, FailureKind.NotAuthorised, refusal);
        }
        catch (HttpRequestException e)
        {
            bool neverSent = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;
            return new Attempt<T>.Failed(monitor, neverSent ? FailureKind.Unreachable : FailureKind.NoAnswer, Reason(e));
        }
        catch (IOException e)
        {
            return new Attempt<T>.Failed(monitor, FailureKind.NoAnswer, e.Message);
        }
    }

    private static async Task<Attempt<T>> Problem<T>(MonitorAddress monitor, HttpResponseMessage response, CancellationToken cancel)
    {
        FailureKind kind = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => FailureKind.NotAuthorised,
            HttpStatusCode.NotFound => FailureKind.NotFound,
            HttpStatusCode.MethodNotAllowed or HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => FailureKind.NotTaken,
            HttpStatusCode.ServiceUnavailable => FailureKind.NoCoordinator,
            _ => FailureKind.NotUnderstood,
        };
        string? sentence = response.Content.Headers.ContentType?.MediaType switch
        {
            "application/problem+json" => (await response.Content.ReadFromJsonAsync(ApiFormat.Wire.ProblemReading, cancel))?.Detail ?? response.StatusCode.ToString(),

            // Akka's management routes have errors of their own.
            "application/json" => (await response.Content.ReadFromJsonAsync(ApiFormat.Wire.Message, cancel))?.Text,
            _ => null,
        };
        return sentence is null
            ? new Attempt<T>.Failed(monitor, FailureKind.NotUnderstood, $"answered HTTP {(int)response.StatusCode} without saying why; is it a monitor?")
            : new Attempt<T>.Failed(monitor, kind, sentence);
    }

    private static Attempt<T>.Failed NotUnderstood<T>(MonitorAddress monitor) =>
        new(monitor, FailureKind.NotUnderstood, "gave an answer this mmm does not understand; are their releases too far apart, or is it no monitor?");

    /// <summary>Why TLS did not come about; null = that was not it.</summary>
    private static string? Refusal(HttpRequestException e)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException refused)
                return refused.Message.StartsWith("is not let in", StringComparison.Ordinal)
                    ? refused.Message : $"TLS did not come about ({refused.Message.TrimEnd('.')}): does it speak TLS, and does it take this certificate?";
        }

        return null;
    }

    private string Reason(HttpRequestException e) => e.HttpRequestError == HttpRequestError.ResponseEnded && !_tls
        ? "ends the connection without an answer: does it want TLS? (tls.ca_file in the configuration, MMM_TLS_CA)"
        : ReasonOf(e);

    private static string ReasonOf(HttpRequestException e) => e.InnerException is SocketException socket
        ? socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "refuses the connection (nothing listens there)",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "has a name that cannot be resolved",
            _ => socket.Message,
        }
        : e.Message;

    private static Attempt<T>.Answered Best<T>(ImmutableArray<Attempt<T>> attempts, Func<T, long> quality, string? lookWith)
    {
        Attempt<T>.Answered? best = attempts.OfType<Attempt<T>.Answered>().OrderByDescending(a => a.Good).ThenByDescending(a => quality(a.Value)).FirstOrDefault();
        if (best is not null)
            return best;
        throw Failures.Of([.. attempts.OfType<Attempt<T>.Failed>().Select(f => new MonitorFailure(f.Monitor, f.Why, f.Sentence))], lookWith);
    }
}
