using Akka.Actor;
using Mmm.Shared.Api;
using Xunit;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>GET /api/v1/actors.</summary>
public sealed class ActorsTests : IAsyncLifetime
{
    private EndpointNode _node = null!;

    private HttpClient Http => _node.Http;

    public async ValueTask InitializeAsync()
    {
        _node = await EndpointNode.Start();
        _node.System.ActorOf(Props.Create(() => new Parent("b", "a%2Fb", "$a")), "parent");
        _node.System.ActorOf(Props.Create(() => new Leaf()), "alone");
        await Eventually.True(() => Http.Sends(HttpMethod.Get, $"{ApiPaths.Actors}?path=/user/parent/b").GetAwaiter().GetResult().Status == 200, "the children are there");
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData("", "/user 0 GuardianActor 2, /user/alone 1 Leaf 0, /user/parent 1 Parent 3, /user/parent/$a 2 Leaf 0, /user/parent/a%2Fb 2 Leaf 0, /user/parent/b 2 Leaf 0")]
    [InlineData("?depth=1", "/user 0 GuardianActor 2, /user/alone 1 Leaf 0, /user/parent 1 Parent 3")]
    [InlineData("?path=/user/parent&depth=0", "/user/parent 0 Parent 3")]
    [InlineData("?path=%2Fuser%2Fparent%2Fa%252Fb", "/user/parent/a%2Fb 0 Leaf 0")]
    [InlineData("?path=/user/parent/$a", "/user/parent/$a 0 Leaf 0")]
    public async Task The_tree_is_listed_each_actor_before_its_children(string query, string actors)
    {
        ActorsReading reading = await Http.Reads(ApiPaths.Actors + query, ApiFormat.Wire.ActorsReading);
        Assert.Equal(("mon1", false, actors), (reading.Monitor, reading.Cut, string.Join(", ", reading.Actors.Select(a => $"{a.Path} {a.Level} {a.Class} {a.Children}"))));
    }

    [Fact]
    public async Task The_root_has_Akkas_own_actors_too() => Assert.Equal(
        ["/", "/system", "/user"], (await Http.Reads($"{ApiPaths.Actors}?path=/&depth=1", ApiFormat.Wire.ActorsReading)).Actors.Select(a => a.Path));

    [Fact]
    public async Task More_actors_than_an_answer_takes_are_cut()
    {
        _node.System.ActorOf(Props.Create(() => new Parent(Enumerable.Range(0, 2500).Select(i => $"c{i}").ToArray())), "many");
        ActorsReading? reading = null;
        await Eventually.True(
            () => (reading = Http.Reads(ApiPaths.Actors, ApiFormat.Wire.ActorsReading).GetAwaiter().GetResult()).Actors.Any(a => a is { Path: "/user/many", Children: 2500 }), "all children are there");
        Assert.Equal((true, 2000), (reading!.Cut, reading.Actors.Length));
    }

    [Theory]
    [InlineData("path=user", "'path' must be the path of an actor from the root on")]
    [InlineData("path=", "'path' must be the path of an actor")]
    [InlineData("path=/user//x", "'path' must be the path of an actor")]
    [InlineData("path=/user/", "'path' must be the path of an actor")]
    [InlineData("path=akka://mmm/user", "'path' must be the path of an actor")]
    [InlineData("depth=x", "'depth' must be a whole number from 0 to 32.")]
    [InlineData("depth=33", "'depth' must be a whole number from 0 to 32.")]
    [InlineData("depth=-1", "'depth' must be a whole number from 0 to 32.")]
    [InlineData("depth=1&depth=2", "'depth' must be a whole number from 0 to 32.")]
    public async Task Nonsense_is_a_400_that_names_the_fault(string query, string fault) => Assert.StartsWith(
        fault, (await Http.Refuses(400, "bad-request", HttpMethod.Get, $"{ApiPaths.Actors}?{query}")).Detail, StringComparison.Ordinal);

    [Fact]
    public async Task A_path_of_no_actor_is_a_404_that_names_those_there_are() => Assert.Equal(
        "Monitor mon1 has no actor /user/parent/x/y. Below /user/parent there is: $a, a%2Fb, b.",
        (await Http.Refuses(404, "not-found", HttpMethod.Get, $"{ApiPaths.Actors}?path=/user/parent/x/y")).Detail);

    private sealed class Leaf : ReceiveActor;

    private sealed class Parent : ReceiveActor
    {
        public Parent(params string[] children)
        {
            foreach (string child in children)
            {
                if (child.StartsWith('$'))
                    Context.ActorOf(Props.Create(() => new Leaf()));
                else
                    Context.ActorOf(Props.Create(() => new Leaf()), child);
            }
        }
    }
}
