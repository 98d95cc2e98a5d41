using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Mmm.Actors.Hooks;
using Mmm.Monitor.Adapters;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Cluster.Tests.Hooks;

/// <summary>The webhook over real HTTP.</summary>
public sealed class WebhookTests : IAsyncDisposable
{
    private const string Key = "0123456789abcdef-ä";

    private readonly ActorSystem _system = ActorSystem.Create("webhook-test", ConfigurationFactory.ParseString("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));

    public async ValueTask DisposeAsync() => await _system.Terminate();

    [Fact]
    public async Task The_body_is_the_event_and_its_signature_can_be_verified()
    {
        await using Receiver receiver = await Receiver.StartAsync(204);
        HookEvent e = Event("failover_finished") with { Sentence = "Rolle 'schreiber' auf „db2“", Role = "writer" };
        Start($"{receiver.Url}/mmm?team=a", Key).Tell(e);
        await Eventually.True(() => !receiver.Posted.IsEmpty, "it is posted");

        Posted posted = receiver.Posted.Single();
        Assert.Equal(("/mmm?team=a", "application/json", "failover_finished"), (posted.Path, posted.ContentType, posted.Event));
        Assert.Equal(e.Json(), posted.Body);
        Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), posted.Body)), posted.Signature);
        Assert.Null(posted.Authorization);
    }

    [Fact]
    public async Task Without_a_key_there_is_no_signature_and_a_login_in_the_url_is_sent_as_one()
    {
        await using Receiver receiver = await Receiver.StartAsync(200);
        Start(receiver.Url.Replace("//", "//mmm:a%40b@", StringComparison.Ordinal) + "/x").Tell(Event("x"));
        await Eventually.True(() => !receiver.Posted.IsEmpty, "it is posted");

        Posted posted = receiver.Posted.Single();
        Assert.Null(posted.Signature);
        Assert.Equal("Basic " + Convert.ToBase64String("mmm:a@b"u8), posted.Authorization);
    }

    [Fact]
    public async Task What_failed_with_500_is_posted_again_with_the_same_id_before_the_next()
    {
        await using Receiver receiver = await Receiver.StartAsync(500, 200);
        IActorRef webhook = Start(receiver.Url);
        webhook.Tell(Event("first"));
        webhook.Tell(Event("second"));
        await Eventually.True(() => receiver.Posted.Count == 3, "both are posted, one of them twice");

        Assert.Equal(["first", "first", "second"], receiver.Posted.Select(p => p.Event));
        Assert.Equal(receiver.Posted.First().Body, receiver.Posted.ElementAt(1).Body);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_yet_gets_everything_in_order_once_it_is()
    {
        int port = FreePort();
        IActorRef webhook = Start($"http://127.0.0.1:{port}");
        for (int i = 1; i <= 5; i++)
            webhook.Tell(Event($"e{i}"));
        await using Receiver receiver = await Receiver.StartAsync((_, _) => Task.CompletedTask, port);
        await Eventually.True(() => receiver.Posted.Count >= 5, "all are posted");
        Assert.Equal(["e1", "e2", "e3", "e4", "e5"], receiver.Posted.Select(p => p.Event));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(302)]
    public async Task What_is_refused_or_sent_elsewhere_is_not_posted_again(int status)
    {
        await using Receiver receiver = await Receiver.StartAsync((no, response) =>
        {
            response.StatusCode = no == 1 ? status : 200;
            response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });
        IActorRef webhook = Start(receiver.Url);
        webhook.Tell(Event("first"));
        webhook.Tell(Event("second"));
        await Eventually.True(() => receiver.Posted.Count >= 2, "the next one is posted");
        Assert.Equal(["first /", "second /"], receiver.Posted.Select(p => $"{p.Event} {p.Path}"));
    }

    [Fact]
    public async Task Outcomes_are_told_without_the_url()
    {
        await using Receiver receiver = await Receiver.StartAsync(async (no, response) =>
        {
            if (no == 3)
                await Task.Delay(Timeout.Infinite, response.HttpContext.RequestAborted);
            response.StatusCode = 429;
            response.Headers.RetryAfter = no == 1 ? "7" : new DateTimeOffset(2030, 1, 1, 0, 1, 0, TimeSpan.Zero).ToString("R");
        });
        var client = new WebhookClient(Settings(receiver.Url), new FixedTime());

        Assert.Equal(new WebhookOutcome(429, null, TimeSpan.FromSeconds(7)), await client.PostAsync(Event("a")));
        Assert.Equal(new WebhookOutcome(429, null, TimeSpan.FromSeconds(60)), await client.PostAsync(Event("b")));
        Assert.Equal(new WebhookOutcome(null, "no answer within 0.3 s"), await new WebhookClient(Settings(receiver.Url) with { Timeout = TimeSpan.FromSeconds(0.3) }, TimeProvider.System).PostAsync(Event("c")));
        Assert.Equal(new WebhookOutcome(null, "ConnectionError"), await new WebhookClient(Settings($"http://u:hunter2@127.0.0.1:{FreePort()}/hunter2?hunter2"), TimeProvider.System).PostAsync(Event("d")));
    }

    private static HookEvent Event(string name) => new($"3:mon2:a:17/{name}", name, "code", "C1", "db2", "It happened", "3@mon2/9", DateTimeOffset.UnixEpoch) { Monitor = "mon2" };

    private static WebhookSettings Settings(string url, string? key = null) =>
        new(new Secret(url), key is null ? null : new Secret(key), new HookFilter(["*"]), TimeSpan.FromSeconds(10), 5);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private IActorRef Start(string url, string? key = null)
    {
        WebhookSettings settings = Settings(url, key);
        return _system.ActorOf(WebhookActor.Props(settings, new WebhookClient(settings, TimeProvider.System)));
    }

    /// <summary>A minute before the date that the receiver names.</summary>
    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
