using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mmm.Shared.Api;
using Xunit;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Short words for what every endpoint test does.</summary>
internal static class HttpAsserts
{
    public static async Task<T> Reads<T>(this HttpClient http, string path, JsonTypeInfo<T> type)
    {
        using HttpResponseMessage response = await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), type)!;
    }

    public static async Task<(int Status, string Body)> Sends(this HttpClient http, HttpMethod method, string path, HttpContent? content = null, Action<HttpRequestMessage>? change = null)
    {
        using HttpRequestMessage request = new(method, new Uri(http.BaseAddress + path.TrimStart('/'))) { Content = content };
        change?.Invoke(request);
        using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The answer is problem details of that status and kind; returns it.</summary>
    public static async Task<ProblemReading> Refuses(
        this HttpClient http, int status, string kind, HttpMethod method, string path, HttpContent? content = null, Action<HttpRequestMessage>? change = null, string? header = null)
    {
        using HttpRequestMessage request = new(method, new Uri(http.BaseAddress + path.TrimStart('/'))) { Content = content };
        change?.Invoke(request);
        using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal((status, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        ProblemReading problem = JsonSerializer.Deserialize(body, ApiFormat.Wire.ProblemReading)!;
        Assert.Equal(($"urn:mmm:problem:{kind}", status), (problem.Type, problem.Status));
        if (header is not null)
            Assert.True(response.Headers.Concat(response.Content.Headers).Any(h => h.Key == header), $"{header} is missing");
        return problem;
    }

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    public static FormUrlEncodedContent Form(string name, string value) => new([new(name, value)]);
}
