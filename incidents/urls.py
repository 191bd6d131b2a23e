from django.urls import path

from incidents.views import ack_link, acts, board, declaring, page, proof, rooms, writing

app_name = "incidents"
urlpatterns = [
    path("", board.board, name="list"),
    path("incidents/bell/", board.bell, name="bell"),
    path("ack/<str:token>", ack_link.ack_link, name="ack-link"),
    path("incidents/declare/", declaring.declare, name="declare"),
    path("incidents/declare/who/", declaring.who, name="declare-who"),
    path("incidents/<int:number>/", page.detail, name="detail"),
    path("incidents/<int:number>/live/", page.live, name="live"),
    path("incidents/<int:number>/pages/", proof.pages, name="pages"),
    path("incidents/<int:number>/pages.csv", proof.export, {"ending": "csv"}, name="pages-csv"),
    path("incidents/<int:number>/pages.json", proof.export, {"ending": "json"}, name="pages-json"),
    path("incidents/<int:number>/edit/", writing.edit, name="edit"),
    path("incidents/<int:number>/notes/", writing.note, name="note"),
    path("incidents/<int:number>/updates/", writing.update, name="update"),
    path("incidents/<int:number>/roles/", writing.role, name="role"),
    path("incidents/<int:number>/acknowledge/", acts.acknowledge, name="acknowledge"),
    path("incidents/<int:number>/declare/", acts.declare, name="declare-it"),
    path("incidents/<int:number>/move/<slug:verb>/", acts.move, name="move"),
    path("incidents/<int:number>/escalate/", acts.escalate, name="escalate"),
    path("incidents/<int:number>/verdict/", acts.verdict, name="verdict"),
    path("incidents/<int:number>/page-again/", acts.page_again, name="page-again"),
    path("services/<slug:slug>/rooms/", rooms.of_service, name="rooms-of-service"),
    path("teams/<slug:slug>/rooms/", rooms.of_team, name="rooms-of-team"),
    path("rooms/<int:pk>/test/", rooms.test, name="room-test"),
    path("rooms/<int:pk>/remove/", rooms.remove, name="room-remove"),
]
