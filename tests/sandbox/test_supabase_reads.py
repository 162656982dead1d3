"""The examples of PostgREST's documentation that read: tables and views, embedding, search, aggregates, functions.

https://docs.postgrest.org/en/stable/references/api.html
"""

import pytest

READS = [
    # tables and views: horizontal filtering
    ("people?select=id&age=lt.13", [{"id": 3}]),
    ("people?select=id&age=gte.18&student=is.true", [{"id": 2}]),
    ("people?select=id&or=(age.lt.18,age.gt.21)&order=id", [{"id": 1}, {"id": 3}]),
    ("people?select=id&age=not.eq.30&order=id", [{"id": 2}, {"id": 3}]),
    ("people?select=id&not.and=(age.gte.0,age.lte.20)", [{"id": 1}]),
    ("people?select=id&grade=gte.90&student=is.true&or=(age.eq.14,not.and(age.gte.11,age.lte.17))", [{"id": 2}]),
    ('survey?select=id&or=(age_range.adj."[18,21)",age_range.cs."[30,35]")&order=id', [{"id": 1}, {"id": 2}]),
    ("survey?select=id&age_range=sl.(20,30)", [{"id": 1}]),
    ("survey?select=id&age_range=sr.(40,45)", [{"id": 3}]),
    ("survey?select=id&age_range=nxr.(0,41)&order=id", [{"id": 1}, {"id": 2}]),
    ("survey?select=id&age_range=nxl.(20,30)&order=id", [{"id": 2}, {"id": 3}]),
    ("survey?select=id&age_range=ov.[10,30)&order=id", [{"id": 1}, {"id": 2}]),
    ("people?select=id&last_name=like(any).{O*,P*}&order=id", [{"id": 1}, {"id": 2}, {"id": 3}]),
    ("people?select=id&last_name=like(all).{O*,*n}&order=id", [{"id": 1}, {"id": 3}]),
    ("people?select=id&last_name=like(all).{O*,*dm*}", [{"id": 1}]),
    ("people?select=id&last_name=match.^O.*man$&order=id", [{"id": 1}, {"id": 3}]),
    ("people?select=id&last_name=imatch.^P", [{"id": 2}]),
    ("people?select=id&last_name=ilike.*TT*", [{"id": 3}]),
    ("people?select=id&grade=isdistinct.95&order=id", [{"id": 1}, {"id": 3}]),
    ("people?select=id&grade=is.not_null&order=id", [{"id": 2}, {"id": 3}]),
    ('people?select=id&first_name=in.("Jane","hi,there")', [{"id": 2}]),
    # full-text search
    ("people?select=id&my_tsv=fts(french).amusant", [{"id": 1}]),
    ("people?select=id&my_tsv=plfts.The%20Fat%20Cats", [{"id": 2}]),
    ("people?select=id&my_tsv=not.phfts(english).The%20Fat%20Cats&order=id", [{"id": 1}, {"id": 3}]),
    ("people?select=id&my_tsv=not.wfts(french).amusant&order=id", [{"id": 2}, {"id": 3}]),
    ("people?select=id&my_text_column=fts(french).amusant", [{"id": 1}]),
    ("people?select=id&json_data=not.phfts(english).512-446&order=id", [{"id": 1}, {"id": 3}]),
    # vertical filtering
    ("people?select=fullName:first_name,years:age&id=eq.1", [{"fullName": "John", "years": 30}]),
    ("people?select=id,json_data->>blood_type,json_data->phones&id=eq.1", [{"id": 1, "blood_type": "A-", "phones": [{"number": "917-929-5745"}]}]),
    ("people?select=id,json_data->phones->0->>number&id=lt.3&order=id", [{"id": 1, "number": "917-929-5745"}, {"id": 2, "number": "512-446-4988"}]),
    ("people?select=id,json_data->blood_type&json_data->>blood_type=eq.A-&order=id", [{"id": 1, "blood_type": "A-"}, {"id": 3, "blood_type": "A-"}]),
    ("people?select=id,json_data->>age&order=json_data->>age.desc&limit=1", [{"id": 3, "age": "5"}]),
    (
        "countries?select=id,location->>lat,location->>long,primary_language:languages->0&location->lat=gte.19",
        [{"id": 5, "lat": "19.741755", "long": "-155.844437", "primary_language": "en"}],
    ),
    ("countries?select=id&order=location->>lat", [{"id": 6}, {"id": 5}]),
    ("people?select=first_name,salary::text&salary=not.is.null&order=id", [{"first_name": "John", "salary": "90000.00"}, {"first_name": "Jane", "salary": "120000.00"}]),
    ("people?select=id&order=age.desc,height.asc", [{"id": 1}, {"id": 2}, {"id": 3}]),
    ("people?select=id&order=age", [{"id": 3}, {"id": 2}, {"id": 1}]),
    ("people?select=id&order=grade.nullsfirst&limit=1", [{"id": 1}]),
    ("people?select=id&order=grade.desc.nullslast&limit=1", [{"id": 2}]),
    # computed fields
    ("people?select=id,full_name&full_name=eq.Jane%20Pan", [{"id": 2, "full_name": "Jane Pan"}]),
    # resource embedding
    ("films?select=title,directors(id,last_name)&id=eq.1", [{"title": "Workers Leaving The Lumière Factory In Lyon", "directors": {"id": 2, "last_name": "Lumière"}}]),
    ("films?select=director:directors(last_name)&id=eq.3", [{"director": {"last_name": "Méliès"}}]),
    ("directors?select=last_name,films(title)&id=eq.2", [{"last_name": "Lumière", "films": [{"title": "Workers Leaving The Lumière Factory In Lyon"}]}]),
    ("actors?select=first_name,last_name,films(title)&id=eq.2", [{"first_name": "Willem", "last_name": "Dafoe", "films": [{"title": "The Lighthouse"}]}]),
    ("films?select=title,technical_specs(camera)&id=eq.4", [{"title": "Pulp Fiction", "technical_specs": {"camera": "Arriflex 35-III"}}]),
    ("premieres?select=location,film(title)", [{"location": "Cannes Film Festival", "film": {"title": "Pulp Fiction"}}]),
    ("films?select=title,premieres(location)&id=eq.4", [{"title": "Pulp Fiction", "premieres": [{"location": "Cannes Film Festival"}]}]),
    (
        "orders?select=name,billing_address:addresses!billing(name),shipping_address:addresses!shipping(name)&id=eq.1",
        [{"name": "Personal Water Filter", "billing_address": {"name": "32 Glenlake Dr."}, "shipping_address": {"name": "30 Glenlake Dr."}}],
    ),
    (
        "addresses?select=name,billing_orders:orders!billing(name),shipping_orders:orders!shipping(name)&id=eq.1",
        [{"name": "32 Glenlake Dr.", "billing_orders": [{"name": "Personal Water Filter"}, {"name": "Coffee Machine"}], "shipping_orders": [{"name": "Coffee Machine"}]}],
    ),
    ("presidents?select=last_name,predecessor(last_name),successor(last_name)&id=eq.2", [{"last_name": "Adams", "predecessor": {"last_name": "Washington"}, "successor": {"last_name": "Jefferson"}}]),
    ("employees?select=name,supervisees(name)&id=eq.1", [{"name": "Taylor", "supervisees": [{"name": "Johnson"}, {"name": "Miller"}]}]),
    ("employees?select=name,supervisor(name)&id=eq.3", [{"name": "Miller", "supervisor": {"name": "Taylor"}}]),
    ("box_office?select=bo_date,gross_revenue,films(title)&gross_revenue=gte.1000000", [{"bo_date": "2021-01-02", "gross_revenue": 2000000.00, "films": {"title": "Pulp Fiction"}}]),
    (
        "nominations_view?select=film_title,films(language),roles(character),actors(last_name)&rank=eq.5&roles.order=character&actors.order=last_name",
        [{"film_title": "Pulp Fiction", "films": {"language": "english"}, "roles": [{"character": "Mia Wallace"}, {"character": "Vincent Vega"}], "actors": [{"last_name": "Thurman"}, {"last_name": "Travolta"}]}],
    ),
    ("nominated?select=rank,films(title)&rank=eq.2", [{"rank": 2, "films": {"title": "Reservoir Dogs"}}]),
    ("rpc/getallfilms?select=title,directors(id,last_name)&title=like.*Workers*", [{"title": "Workers Leaving The Lumière Factory In Lyon", "directors": {"id": 2, "last_name": "Lumière"}}]),
    ("actors?select=roles(character,films(title,year))&id=eq.1", [{"roles": [{"character": "Ghost", "films": {"title": "The Haunted Castle", "year": 1896}}]}]),
    ("films?select=id,actors(first_name)&actors.order=last_name,first_name&id=eq.5", [{"id": 5, "actors": [{"first_name": "Steve"}, {"first_name": "Harvey"}]}]),
    ("films?select=id,roles(character)&roles.character=in.(Ghost,Nobody)&id=in.(3,4)&order=id", [{"id": 3, "roles": [{"character": "Ghost"}]}, {"id": 4, "roles": []}]),
    ("films?select=id,roles(character)&roles.or=(character.eq.Gummo,character.eq.Ghost)&id=eq.3", [{"id": 3, "roles": [{"character": "Ghost"}]}]),
    ("films?select=id,actors(first_name)&actors.limit=10&actors.offset=1&actors.order=id&id=eq.4", [{"id": 4, "actors": [{"first_name": "Uma"}]}]),
    (
        "films?select=id,90_comps:competitions(name),91_comps:competitions(name)&90_comps.year=eq.1990&91_comps.year=eq.1991&id=eq.4",
        [{"id": 4, "90_comps": [{"name": "Oscars"}], "91_comps": [{"name": "Cannes"}]}],
    ),
    ("films?select=id,roles(character,actors(first_name))&roles.actors.first_name=like.*Uma*&roles.order=character&id=eq.4", [{"id": 4, "roles": [{"character": "Mia Wallace", "actors": {"first_name": "Uma"}}, {"character": "Vincent Vega", "actors": None}]}]),
    ("films?select=title,actors(first_name,last_name)&actors.first_name=eq.Jehanne&id=in.(1,3)&order=id", [{"title": "Workers Leaving The Lumière Factory In Lyon", "actors": []}, {"title": "The Haunted Castle", "actors": [{"first_name": "Jehanne", "last_name": "d'Alcy"}]}]),
    ("films?select=title,actors!inner(first_name,last_name)&actors.first_name=eq.Jehanne", [{"title": "The Haunted Castle", "actors": [{"first_name": "Jehanne", "last_name": "d'Alcy"}]}]),
    ("films?select=id,actors(first_name)&actors=not.is.null&id=lt.4", [{"id": 3, "actors": [{"first_name": "Jehanne"}]}]),
    ("films?select=id,nominations()&nominations=is.null&order=id", [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 6}]),
    ("films?select=id,actors(id),directors(id)&or=(actors.is.null,directors.is.null)&order=id", [{"id": 1, "actors": [], "directors": {"id": 2}}, {"id": 2, "actors": [], "directors": {"id": 1}}]),
    ("films?select=title,actors(),directors()&directors.first_name=eq.Georges&actors.first_name=eq.John&or=(directors.not.is.null,actors.not.is.null)&order=title", [{"title": "Pulp Fiction"}, {"title": "The Haunted Castle"}]),
    (
        "films?select=title,act:actors(),dir:directors(),actors(first_name),directors(first_name)&dir.first_name=eq.John&act.first_name=eq.John&or=(dir.not.is.null,act.not.is.null)&actors.order=id",
        [{"title": "Pulp Fiction", "actors": [{"first_name": "John"}, {"first_name": "Uma"}], "directors": {"first_name": "Quentin"}}],
    ),
    ("films?select=title,actors()&actors.first_name=eq.Jehanne&actors=not.is.null", [{"title": "The Haunted Castle"}]),
    ("films?select=id,directors(last_name)&order=directors(last_name).desc&limit=1", [{"id": 4, "directors": {"last_name": "Tarantino"}}]),
    ("films?select=title,...directors(director_first_name:first_name,director_last_name:last_name)&title=like.*Workers*", [{"title": "Workers Leaving The Lumière Factory In Lyon", "director_first_name": "Louis", "director_last_name": "Lumière"}]),
    ("directors?select=first_name,...films(film_titles:title,film_years:year)&first_name=like.Quentin*&films.order=year", [{"first_name": "Quentin", "film_titles": ["Reservoir Dogs", "Pulp Fiction"], "film_years": [1992, 1994]}]),
    (
        "directors?select=first_name,...films(film_titles:title,film_years:year,...technical_specs(film_runtimes:runtime),...roles(film_characters:character))&first_name=like.Quentin*&films.order=year&films.roles.order=character",
        [{
            "first_name": "Quentin", "film_titles": ["Reservoir Dogs", "Pulp Fiction"], "film_years": [1992, 1994],
            "film_runtimes": ["01:39:00", "02:29:00"], "film_characters": [["Mr. Pink", "Mr. White"], ["Mia Wallace", "Vincent Vega"]],
        }],
    ),
    ("films?select=title,actors:roles(character,...actors(first_name,last_name))&title=like.*Lighthouse*", [{"title": "The Lighthouse", "actors": [{"character": "Thomas Wake", "first_name": "Willem", "last_name": "Dafoe"}]}]),
    ("projects?select=id,name,...clients(client_id:id,client_name:name)&id=in.(1,5)&order=id", [{"id": 1, "name": "Windows 7", "client_id": 1, "client_name": "Microsoft"}, {"id": 5, "name": "Orphan", "client_id": None, "client_name": None}]),
    # aggregate functions
    ("orders?select=amount.sum()", [{"sum": 1450.66}]),
    ("orders?select=total_amount:amount.sum(),total_quantity:quantity.sum(),least:amount.min(),most:amount.max()", [{"total_amount": 1450.66, "total_quantity": 6, "least": 215.22, "most": 905.73}]),
    ("orders?select=amount.sum(),order_date&order=order_date", [{"sum": 544.93, "order_date": "2023-09-01"}, {"sum": 905.73, "order_date": "2023-09-02"}]),
    ("orders?select=count(),observation_count:observation.count(),order_date&order=order_date", [{"count": 2, "observation_count": 1, "order_date": "2023-09-01"}, {"count": 1, "observation_count": 0, "order_date": "2023-09-02"}]),
    ("orders?select=order_details->tax_amount::numeric.sum()", [{"sum": 30.5}]),
    ("orders?select=amount.avg()::int", [{"avg": 484}]),
    ("orders?select=amount.sum(),customers(name)&customer_id=eq.1", [{"sum": 1120.95, "customers": {"name": "Customer A"}}]),
    ("orders?select=amount.sum(),...customers(name)&customer_id=eq.2", [{"sum": 329.71, "name": "Customer B"}]),
    ("customers?select=name,orders(amount.sum(),order_date)&orders.order=order_date&id=eq.1", [{"name": "Customer A", "orders": [{"sum": 215.22, "order_date": "2023-09-01"}, {"sum": 905.73, "order_date": "2023-09-02"}]}]),
    ("orders?select=order_date,...customers(subscription_date.max(),subscription_date.min())&order=order_date", [{"order_date": "2023-09-01", "max": "2023-10-15", "min": "2013-10-01"}, {"order_date": "2023-09-02", "max": "2023-10-15", "min": "2023-10-15"}]),
    # functions
    ("rpc/add_them?a=1&b=2", 3),
    ("rpc/greet_user", "Hello guest!"),
    ("rpc/greet_user?username=Ada", "Hello Ada!"),
    ("rpc/plus_one?arr=%7B1,2,3,4%7D", [2, 3, 4, 5]),
    ("rpc/plus_two?v=1&v=2", [3, 4]),
    ("rpc/getallprojects?select=id,client_id&name=like.OSX", [{"id": 4, "client_id": 2}]),
    ("rpc/getallfilms?select=title,director:directors(last_name)&rating=gt.8&order=title.desc", [{"title": "Reservoir Dogs", "director": {"last_name": "Tarantino"}}, {"title": "Pulp Fiction", "director": {"last_name": "Tarantino"}}]),
    ("rpc/projects_setof_record", [{"id": 1, "name": "Windows 7"}, {"id": 2, "name": "Windows 10"}]),
    ("rpc/rental_duration?customer_id=232", 1),
    ("rpc/rental_duration?customer_id=232&from_date=2018-07-01", 2),
    ("rpc/numbers", [1, 2, 3]),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "told"), READS, ids=[asked for asked, _ in READS])
def test_reads(rest, asked, told):
    reply = rest.get(f"/{asked}")
    assert (reply.status_code, reply.json()) == (200, told)
