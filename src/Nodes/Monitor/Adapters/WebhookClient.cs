using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Mmm.Actors.Hooks;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Adapters;

/// <summary>
/// Posts events as JSON, signed: <c>X-Mmm-Signature: sha256=HEX</c> is the HMAC-SHA256 of the body. Straight to the URL: no proxy, no cookies, no redirects, which could take the events
/// elsewhere. A login in the URL is sent as basic authentication. Lives as long as the process.
/// </summary>
#pragma warning disable CA1001 // As long as the process.
internal sealed class WebhookClient(WebhookSettings settings, TimeProvider time) : IWebhook
#pragma warning restore CA1001
{
    private readonly Uri _url = WithoutLogin(new Uri(settings.Url.Reveal()));
    private readonly AuthenticationHeaderValue? _login = LoginOf(new Uri(settings.Url.Reveal()));
    private readonly byte[]? _key = settings.Key is { } key ? Encoding.UTF8.GetBytes(key.Reveal()) : null;
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        // So that a receiver that has moved is found again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ActivityHeadersPropagator = null,
    })
    {
        // Each attempt has its deadline.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<WebhookOutcome> PostAsync(HookEvent e)
    {
        byte[] body = e.Json();
        using var deadline = new CancellationTokenSource(settings.Timeout, time);
        using HttpRequestMessage request = RequestOf(e, body);
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token).ConfigureAwait(false);
            return new WebhookOutcome((int)answer.StatusCode, null, RetryAfter(answer));
        }
        catch (OperationCanceledException)
        {
            return new WebhookOutcome(null, $"no answer within {settings.Timeout.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException x)
        {
            // Not the message, which may hold more of the URL than may be shown.
            return new WebhookOutcome(null, x.HttpRequestError.ToString());
        }
    }

    private HttpRequestMessage RequestOf(HookEvent e, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = _login;
        request.Headers.Add("X-Mmm-Event", e.Event);
        if (_key is not null)
            request.Headers.Add("X-Mmm-Signature", $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(_key, body))}");
        return request;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };

    private static Uri WithoutLogin(Uri url) => new UriBuilder(url) { UserName = "", Password = "", Fragment = "" }.Uri;

    private static AuthenticationHeaderValue? LoginOf(Uri url)
    {
        if (url.UserInfo.Length == 0)
            return null;
        string[] login = url.UserInfo.Split(':', 2);
        string text = $"{Uri.UnescapeDataString(login[0])}:{(login.Length == 2 ? Uri.UnescapeDataString(login[1]) : "")}";
        return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
    }
}
