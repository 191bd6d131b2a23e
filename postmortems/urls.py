"""A postmortem is found by its incident's number."""

from django.urls import path

from postmortems.views import items, pages, pdfs, reviews, sections

app_name = "postmortems"
urlpatterns = [
    path("postmortems/", pages.listing, name="list"),
    path("postmortems/actions/", items.overview, name="actions"),
    path("incidents/<int:number>/postmortem/", pages.start, name="start"),
    path("postmortems/<int:number>/", pages.detail, name="detail"),
    path("postmortems/<int:number>/read/", pages.read, name="read"),
    path("postmortems/<int:number>/sections/<slug:name>/", sections.section, name="section"),
    path("postmortems/<int:number>/timeline/", sections.timeline, name="timeline"),
    path("postmortems/<int:number>/timeline/import/", sections.import_timeline, name="import"),
    path("postmortems/<int:number>/timeline/<int:entry>/", sections.mark, name="mark"),
    path("postmortems/<int:number>/actions/", items.add, name="action-add"),
    path("postmortems/<int:number>/actions/<int:pk>/", items.edit, name="action-edit"),
    path("postmortems/<int:number>/actions/<int:pk>/<slug:verb>/", items.move, name="action-move"),
    path("postmortems/<int:number>/submit/", reviews.submit, name="submit"),
    path("postmortems/<int:number>/approve/", reviews.approve, name="approve"),
    path("postmortems/<int:number>/return/", reviews.send_back, name="return"),
    path("postmortems/<int:number>/publish/", reviews.publish, name="publish"),
    path("postmortems/<int:number>/reopen/", reviews.reopen, name="reopen"),
    path("postmortems/<int:number>/pdf/", pdfs.pdf, name="pdf"),
    path("postmortems/<int:number>/pdf/<int:pk>/", pdfs.download, name="pdf-file"),
]
