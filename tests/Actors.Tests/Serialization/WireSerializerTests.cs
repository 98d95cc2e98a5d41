using System.Reflection;
using System.Runtime.Serialization;
using System.Text;
using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Configuration;
using Mmm.Actors.Serialization;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Actors.Tests.Serialization;

public sealed class WireSerializerTests : IDisposable
{
    private static readonly string s_golden = Path.Combine(AppContext.BaseDirectory, "Serialization", "wire-manifests.txt");

    private readonly ActorSystem _system = ActorSystem.Create("wire", ConfigurationFactory.ParseString(WireSerialization.Hocon() + "\nakka.loglevel = WARNING"));
    private readonly WireSerializer _serializer;

    public WireSerializerTests() => _serializer = new WireSerializer((ExtendedActorSystem)_system);

    public void Dispose()
    {
        _system.Terminate().Wait(TimeSpan.FromSeconds(10));
        _system.Dispose();
    }

    public static TheoryData<Type> Records => [.. WireSamples.Records];

    [Theory]
    [MemberData(nameof(Records))]
    public void Every_wire_record_round_trips_with_all_fields_set_and_with_every_allowed_null(Type record)
    {
        foreach (bool withNulls in new[] { false, true })
        {
            object sent = WireSamples.Make(record, seed: 7, withNulls);
            object read = _serializer.FromBinary(_serializer.ToBinary(sent), _serializer.Manifest(sent));
            Assert.Null(WireSamples.Difference(sent, read, record.Name));
        }
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void Every_required_field_of_every_record_is_refused_when_missing_or_null_and_named(Type record)
    {
        object sent = WireSamples.Make(record, seed: 3);
        var nullability = new NullabilityInfoContext();
        foreach (ParameterInfo p in WireSamples.Constructor(record).GetParameters())
        {
            Assert.False(p.HasDefaultValue && WireSamples.IsList(p.ParameterType), $"{record.Name}.{p.Name}: an optional list would be default(ImmutableArray) when missing");
            string field = char.ToLowerInvariant(p.Name![0]) + p.Name[1..];
            if (!p.HasDefaultValue)
                AssertRefused(sent, json => Assert.True(json.Remove(field)), field);
            if (nullability.Create(p).WriteState != NullabilityState.Nullable && Nullable.GetUnderlyingType(p.ParameterType) is null)
                AssertRefused(sent, json => json[field] = null, field);
        }
    }

    [Fact]
    public void The_table_is_complete_has_no_collisions_and_is_what_the_golden_file_says()
    {
        Assert.Equal(WireManifests.All.Count, WireManifests.All.Select(e => e.Manifest).Distinct().Count());
        Assert.Equal(WireSamples.Records, WireManifests.All.Select(e => e.Json.Type).OrderBy(t => t.FullName, StringComparer.Ordinal));
        Assert.Equal(File.ReadAllLines(s_golden), WireManifests.All.Select(e => $"{e.Manifest} {e.Name}"));
    }

    [Fact]
    public void Akka_picks_it_for_wire_records_and_refuses_everything_that_has_no_serializer_of_its_own()
    {
        var ping = new ControlProtocol.Ping("1");
        Assert.IsType<WireSerializer>(_system.Serialization.FindSerializerFor(ping));
        Akka.Serialization.Serializer refusing = _system.Serialization.FindSerializerFor(new { Anything = 1 });
        Assert.IsType<RefusingSerializer>(refusing);
        Assert.Throws<SerializationException>(() => refusing.ToBinary(new { Anything = 1 }));
        // Whoever sends for the serializer that instantiates what the payload names meets the refusal too.
        byte[] crafted = Encoding.UTF8.GetBytes("""{"$type":"System.IO.FileInfo, System.Private.CoreLib","fileName":"/etc/passwd"}""");
        Assert.Throws<SerializationException>(() => _system.Serialization.Deserialize(crafted, RefusingSerializer.NewtonsoftIdentifier, typeof(object)));
    }

    [Fact]
    public void Unknown_fields_of_a_newer_release_are_skipped_and_its_optional_fields_may_be_missing()
    {
        var report = (AgentProtocol.Report)WireSamples.Make(typeof(AgentProtocol.Report), 1);
        var read = (AgentProtocol.Report)Read(report, json =>
        {
            json["fromTheFuture"] = new JsonObject { ["a"] = 1 };
            json["facts"]!["alsoNew"] = 5;
            Assert.True(json.Remove("fingerprint"));
        });
        Assert.Null(read.Fingerprint);
        Assert.Null(WireSamples.Difference(report with { Fingerprint = null }, read, "report"));
    }

    [Fact]
    public void An_unknown_manifest_is_refused_with_a_hint_at_the_release()
    {
        var e = Assert.Throws<SerializationException>(() => _serializer.FromBinary([], "z9"));
        Assert.Contains("'z9'", e.Message);
        Assert.Contains("newer", e.Message);
    }

    [Fact]
    public void Enums_travel_as_words_and_unknown_words_and_numbers_are_refused()
    {
        object order = WireSamples.Make(typeof(AgentProtocol.HostOrder), 1);
        Assert.Contains("\"state\":\"" + ((AgentProtocol.HostOrder)order).State, Encoding.UTF8.GetString(_serializer.ToBinary(order)));
        AssertRefused(order, json => json["state"] = "Sleeping", "state");
        AssertRefused(order, json => json["state"] = 1, "state");
    }

    [Fact]
    public void Null_elements_and_default_lists_are_refused_on_both_sides()
    {
        object order = WireSamples.Make(typeof(AgentProtocol.HostOrder), 1);
        AssertRefused(order, json => json["roles"]![0]!["ip"] = null, "ip");
        AssertRefused(order, json => ((JsonObject)json["roles"]![0]!).Remove("role"), "role");
        object command = WireSamples.Make(typeof(ControlProtocol.Command), 1);
        AssertRefused(command, json => json["arguments"]![1] = null, "arguments");

        var unset = new ControlProtocol.Command("1", "C1", "set_online", default, "root");
        Assert.Contains("Command", Assert.Throws<SerializationException>(() => _serializer.ToBinary(unset)).Message);
        var holed = new ControlProtocol.Command("1", "C1", "set_online", [null!], "root");
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(holed));
    }

    [Fact]
    public void A_field_given_twice_is_refused()
    {
        byte[] twice = Encoding.UTF8.GetBytes("""{"id":"1","id":"2"}""");
        Assert.Throws<SerializationException>(() => _serializer.FromBinary(twice, "c3"));
    }

    [Fact]
    public void A_message_over_the_limit_is_neither_sent_nor_read()
    {
        var big = new ControlProtocol.Ping(new string('x', WireSerializer.MaxBytes));
        Assert.Contains("Ping", Assert.Throws<SerializationException>(() => _serializer.ToBinary(big)).Message);
        byte[] bytes = Encoding.UTF8.GetBytes($$"""{"id":"{{big.Id}}"}""");
        Assert.Contains("Ping", Assert.Throws<SerializationException>(() => _serializer.FromBinary(bytes, "c3")).Message);
    }

    [Fact]
    public void A_usual_order_stays_small()
    {
        var order = new AgentProtocol.HostOrder(
            "C1", "db1", new DecisionId(new Epoch(7, "mon1", "638000000000000000"), 42), HostState.Online, [new RoleAddress("writer", "192.168.0.50")], true,
            AgentProtocol.ReplicationOrder.Leave, null);
        Assert.InRange(_serializer.ToBinary(order).Length, 1, 400);
    }

    [Fact]
    public void Random_and_mutated_payloads_only_ever_end_in_a_record_or_a_SerializationException()
    {
        var random = new Random(20240229);
        int refused = 0;
        for (int i = 0; i < 5000; i++)
        {
            WireManifests.Entry entry = WireManifests.All[random.Next(WireManifests.All.Count)];
            byte[] payload = Mutate(_serializer.ToBinary(WireSamples.Make(entry.Json.Type, i % 50)), random);
            string manifest = random.Next(20) == 0 ? WireManifests.All[random.Next(WireManifests.All.Count)].Manifest : entry.Manifest;
            try
            {
                object read = _serializer.FromBinary(payload, manifest);
                _serializer.ToBinary(read);
            }
            catch (SerializationException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 2500, 5000);
    }

    private static byte[] Mutate(byte[] payload, Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                byte[] noise = new byte[random.Next(200)];
                random.NextBytes(noise);
                return noise;
            case 1:
                return payload[..random.Next(payload.Length)];
            case 2:
                int from = random.Next(payload.Length);
                return [.. payload[..from], .. payload[random.Next(from, payload.Length)..]];
            case 3:
                return [.. payload, .. payload];
            default:
                byte[] changed = [.. payload];
                for (int n = random.Next(1, 6); n > 0; n--)
                    changed[random.Next(changed.Length)] = (byte)"{}[]\",:0-9e.\\ntrue\0\xff"[random.Next(20)];
                return changed;
        }
    }

    private void AssertRefused(object sent, Action<JsonObject> change, string field)
    {
        var e = Assert.Throws<SerializationException>(() => Read(sent, change));
        Assert.Contains(sent.GetType().Name, e.Message);
        Assert.Contains(field, e.Message, StringComparison.OrdinalIgnoreCase);
    }

    private object Read(object sent, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(_serializer.ToBinary(sent))!.AsObject();
        change(json);
        return _serializer.FromBinary(Encoding.UTF8.GetBytes(json.ToJsonString()), _serializer.Manifest(sent));
    }
}
